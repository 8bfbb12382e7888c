package lab

import (
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/harness/document"
)

// Hex is bytes, written as hexadecimal digits with white space between them.
type Hex []byte

// UnmarshalText reads the digits.
func (h *Hex) UnmarshalText(text []byte) error {
	out, err := hex.DecodeString(strings.Join(strings.Fields(string(text)), ""))
	if err != nil || len(out) == 0 {
		return fmt.Errorf("%s is no bytes: want two hexadecimal digits for each", document.Quote(string(text)))
	}
	*h = out
	return nil
}

// Return is what a program returns.
type Return struct {
	Value int32
	Name  string // "XDP_DROP", or "" where it was written as a number
}

// UnmarshalText reads a number, or a name of [Returns].
func (r *Return) UnmarshalText(text []byte) error {
	word := strings.TrimSpace(string(text))
	if value, ok := returns[word]; ok {
		*r = Return{value, word}
		return nil
	}
	value, err := strconv.ParseInt(word, 0, 64)
	if err != nil {
		return fmt.Errorf("%s is no number and no name of a return value; %s", document.Quote(word), document.DidYouMean(word, slices.Sorted(maps.Keys(returns))))
	}
	if value < -1<<31 || value >= 1<<32 {
		return fmt.Errorf("%s does not fit into 32 bits", word)
	}
	r.Value = int32(value)
	return nil
}

// String returns the name with the number, or the number.
func (r Return) String() string {
	if r.Name == "" {
		return strconv.Itoa(int(r.Value))
	}
	return fmt.Sprintf("%s (%d)", r.Name, r.Value)
}

// Like returns another value, with its name if it has one of the same kind.
func (r Return) Like(value int32) Return {
	kind, _, _ := strings.Cut(r.Name, "_")
	for name, n := range returns {
		if r.Name != "" && n == value && strings.HasPrefix(name, kind+"_") {
			return Return{value, name}
		}
	}
	return Return{Value: value}
}

// NamedReturn returns a value as a program of a kind returns it, "XDP" or "TC_ACT", with its name
// if it has one.
func NamedReturn(kind string, value int32) Return {
	return Return{Name: kind + "_"}.Like(value)
}

// returns are the names that programs' return values have in linux/bpf.h,
// linux/pkt_cls.h and linux/netfilter.h.
var returns = map[string]int32{
	"XDP_ABORTED": 0, "XDP_DROP": 1, "XDP_PASS": 2, "XDP_TX": 3, "XDP_REDIRECT": 4,
	"TC_ACT_UNSPEC": -1, "TC_ACT_OK": 0, "TC_ACT_RECLASSIFY": 1, "TC_ACT_SHOT": 2, "TC_ACT_PIPE": 3, "TC_ACT_STOLEN": 4,
	"TC_ACT_QUEUED": 5, "TC_ACT_REPEAT": 6, "TC_ACT_REDIRECT": 7,
	"SK_DROP": 0, "SK_PASS": 1, "NF_DROP": 0, "NF_ACCEPT": 1,
	"BPF_OK": 0, "BPF_DROP": 2, "BPF_REDIRECT": 7, "BPF_LWT_REROUTE": 128, "BPF_FLOW_DISSECTOR_CONTINUE": 129,
}

// Expected returns what the check wants, in one line for people.
func (r *TestRun) Expected() string {
	out := "program " + r.Program
	switch on := r.on(); {
	case r.Fuzz > 0:
		return out + fmt.Sprintf(" on %d packets of seed %d%s: %s", r.Fuzz, r.Seed, on, strings.Join(append(r.wants(), "the same on every kernel"), ", "))
	case on != "":
		out += " on " + on
	}
	return out + ": " + strings.Join(r.wants(), ", ")
}

// on returns what the program is run on, or what fuzz makes packets of.
func (r *TestRun) on() string {
	var on string
	switch {
	case r.Packet != nil:
		on = r.Packet.String()
	case r.PCAP != "" && r.Number > 0:
		on = fmt.Sprintf("packet %d of %s", r.Number, r.PCAP)
	case r.PCAP != "":
		on = "the packets of " + r.PCAP
	case r.Fuzz > 0 && len(r.Data) > 0:
		on = "the bytes given"
	}
	if r.Fuzz > 0 && on != "" {
		return ", made of " + on
	}
	return on
}

func (r *TestRun) wants() []string {
	var wants []string
	if r.Returns != nil {
		wants = append(wants, "returns "+r.Returns.String())
	}
	for _, name := range slices.Sorted(maps.Keys(r.Returned)) {
		wants = append(wants, fmt.Sprintf("returns %s for %d", name, r.Returned[name]))
	}
	if r.Same {
		wants = append(wants, "leaves the packet unchanged")
	}
	if len(r.Out) > 0 {
		wants = append(wants, fmt.Sprintf("makes it %x", []byte(r.Out)))
	}
	if r.OutPCAP != "" {
		wants = append(wants, "makes them those of "+r.OutPCAP)
	}
	if len(r.ContextOut) > 0 {
		wants = append(wants, "the context"+strings.Replace(conditions(r.ContextOut), " where", " has", 1))
	}
	return wants
}

// String returns the packet in a few words: "UDP to 10.77.0.2 port 7".
func (p Packet) String() string {
	switch {
	case p.UDP != 0:
		return fmt.Sprintf("UDP to %s port %d", p.To, p.UDP)
	case p.TCP != 0:
		return fmt.Sprintf("TCP to %s port %d", p.To, p.TCP)
	}
	return fmt.Sprintf("ICMP to %s", p.To)
}
