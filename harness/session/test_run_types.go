package session

import (
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms/wire"
)

const ethernetHeader = 14

// runRule says how kernels run the programs of a type (net/bpf/test_run.c and, for struct_ops,
// net/bpf/bpf_dummy_struct_ops.c).
type runRule struct {
	since   string // the kernel that began to
	note    string // what else is to say of that
	packet  bool   // on packets
	bare    bool   // gives no packet back
	keys    bool   // gives something else back: a flow dissector's keys
	once    bool   // knows no repetition
	inPlace bool   // writes the context where it was
	context string // why a context may be refused
}

const (
	skbContext = "the context of a socket buffer may be given from Linux 5.2 on, and of it only mark, priority, ingress_ifindex, ifindex, cb, tstamp, wire_len, gso_segs, gso_size and hwtstamp, as far as the kernel has them"
	xdpContext = "the context of XDP may be given from Linux 5.15 on, and of it only data (the bytes of metadata before the packet), ingress_ifindex and rx_queue_index"
)

var runRules = map[ebpf.ProgramType]runRule{
	ebpf.XDP:           {since: "4.12", packet: true, context: xdpContext},
	ebpf.SchedCLS:      {since: "4.12", packet: true, context: skbContext},
	ebpf.SchedACT:      {since: "4.12", packet: true, context: skbContext},
	ebpf.CGroupSKB:     {since: "4.12", packet: true, context: skbContext},
	ebpf.LWTIn:         {since: "4.12", packet: true, context: skbContext},
	ebpf.LWTOut:        {since: "4.12", packet: true, context: skbContext},
	ebpf.LWTXmit:       {since: "4.12", packet: true, context: skbContext},
	ebpf.LWTSeg6Local:  {since: "4.18", packet: true, context: skbContext},
	ebpf.SocketFilter:  {since: "4.16", packet: true, context: skbContext},
	ebpf.FlowDissector: {since: "5.1", packet: true, keys: true, context: "of a flow dissector's context only flags may be given, from Linux 5.3 on"},
	ebpf.Netfilter:     {since: "6.4", packet: true, bare: true, context: "of a netfilter program's context only hook and pf may be given"},
	ebpf.SkLookup:      {since: "5.13", context: "a lookup's context needs family, and takes protocol, the addresses, remote_port and local_port"},
	ebpf.RawTracepoint: {since: "5.10", once: true, context: "of a raw tracepoint at most 12 arguments are taken, and as many as the program reads are needed"},
	ebpf.Syscall:       {since: "5.14", once: true, inPlace: true, context: "the context must have as many bytes as the program reads of it"},
	ebpf.StructOps:     {since: "5.17", note: ", and of struct_ops only bpf_dummy_ops, which is for the kernel's own tests", once: true},
	ebpf.Tracing:       {since: "5.6", note: ", and of programs of tracing only those on functions that are there for tests, and raw tracepoints", once: true},
}

// runRuleOf returns the rule of a program's type; kernels run no programs of other types.
func runRuleOf(p *ebpf.ProgramSpec) runRule {
	if p == nil {
		return runRule{}
	}
	return runRules[p.Type]
}

// losesHeader reports whether a program sees a packet from its IP header on. The kernel gives
// such a packet back with zeros for an Ethernet header.
func losesHeader(p *ebpf.ProgramSpec) bool {
	if p == nil {
		return false
	}
	switch p.Type {
	case ebpf.CGroupSKB, ebpf.SocketFilter, ebpf.LWTIn, ebpf.LWTOut, ebpf.LWTXmit, ebpf.LWTSeg6Local:
		return true
	}
	return false
}

// rawArguments is how many bytes the arguments of a raw tracepoint have, at most (12 of 64 bits).
const rawArguments = 12 * 8

// testCall is how the guest is asked to run a program.
type testCall struct {
	args        wire.TestRun
	packets     [][]byte
	contextType btf.Type
}

// CheckTestRun returns what in a check does not fit the program of an object that it is for.
func CheckTestRun(spec *ebpf.CollectionSpec, r *lab.TestRun) error {
	inputs, err := r.Inputs()
	if err == nil {
		_, err = newTestCall(spec, r, inputs)
	}
	return err
}

// newTestCall makes a call of a check. The error says what the program cannot be run with.
func newTestCall(spec *ebpf.CollectionSpec, r *lab.TestRun, inputs [][]byte) (testCall, error) {
	program := spec.Programs[r.Program]
	if program == nil {
		return testCall{}, fmt.Errorf("the object has no program %s", r.Program)
	}
	rule, known := runRules[program.Type]
	if err := rule.fits(program, r, len(inputs) > 0); known && err != nil {
		return testCall{}, err
	}
	out := testCall{packets: inputs, args: wire.TestRun{Program: r.Program, Packets: len(inputs), Repeat: r.Repeat,
		After: len(r.ContextOut) > 0, InPlace: rule.inPlace, Bare: rule.bare}}
	if rule.once {
		out.args.Repeat = 0
	}
	for _, name := range r.Maps {
		if spec.Maps[name] == nil {
			return testCall{}, fmt.Errorf("the object has no map %s", name)
		}
	}
	err := out.addContext(spec, program, r)
	if program.Type == ebpf.Netfilter {
		out.netfilter(len(r.Context) > 0)
	}
	return out, err
}

// fits reports what a program of the type cannot be run with.
func (rule runRule) fits(p *ebpf.ProgramSpec, r *lab.TestRun, packets bool) error {
	name := fmt.Sprintf("%s is a program of the type %s, which", p.Name, p.Type)
	switch {
	case rule.packet && !packets:
		return fmt.Errorf("%s is run on a packet: give it packet, pcap or data", name)
	case !rule.packet && packets:
		return fmt.Errorf("%s is run on a context alone: give it context, and no packet", name)
	case rule.once && r.Repeat > 1:
		return fmt.Errorf("%s kernels run only once: leave repeat out", name)
	case (rule.bare || rule.keys || !rule.packet) && r.Same, (rule.bare || !rule.packet) && len(r.Outs()) > 0:
		return fmt.Errorf("%s kernels give no packet back from: compare what it returns, or maps", name)
	}
	return nil
}

// addContext adds the context that a check gives, or that the kernel needs.
func (c *testCall) addContext(spec *ebpf.CollectionSpec, p *ebpf.ProgramSpec, r *lab.TestRun) error {
	given := len(r.Context) > 0 || len(r.ContextOut) > 0
	if !given && p.Type != ebpf.RawTracepoint {
		return nil
	}
	t := contextType(p)
	if t == nil && given {
		return fmt.Errorf("%s has no BTF that describes its context: compile it with -g", p.Name)
	}
	c.contextType = t
	if p.Type == ebpf.RawTracepoint {
		c.args.Context = make([]byte, rawArguments)
	} else if size, err := btf.Sizeof(t); err == nil && (len(r.Context) > 0 || p.Type == ebpf.XDP) {
		c.args.Context = make([]byte, size)
	}
	for name, value := range r.Context {
		if err := putField(&c.args.Context, t, name, value, byteOrder(spec)); err != nil {
			return fmt.Errorf("context: %w", err)
		}
	}
	if p.Type == ebpf.XDP {
		c.args.LengthAt = 4 // data_end of struct xdp_md must be the packet's length
	}
	return nil
}

// Numbers of linux/netfilter.h.
const (
	nfLocalOut = 3
	nfIPv6     = 10
)

// netfilter makes packets begin with their IP header, as kernels want them at the hook that
// they take if no other is given: that of packets that leave.
func (c *testCall) netfilter(context bool) {
	if context {
		return
	}
	six := !slices.ContainsFunc(c.packets, func(p []byte) bool {
		return len(p) < ethernetHeader || binary.BigEndian.Uint16(p[ethernetHeader-2:]) != 0x86dd
	})
	if six {
		c.args.Context = []byte{nfLocalOut, nfIPv6} // hook and pf of struct nf_hook_state
	}
	var bare [][]byte
	for _, p := range c.packets {
		bare = append(bare, p[min(len(p), ethernetHeader):])
	}
	c.packets = bare
}

// contextType returns the type of what a program's first argument points to, nil if the object
// does not say.
func contextType(p *ebpf.ProgramSpec) btf.Type {
	if len(p.Instructions) == 0 {
		return nil
	}
	f := btf.FuncMetadata(&p.Instructions[0])
	if f == nil {
		return nil
	}
	proto, ok := f.Type.(*btf.FuncProto)
	if !ok || len(proto.Params) == 0 {
		return nil
	}
	pointer, ok := btf.UnderlyingType(proto.Params[0].Type).(*btf.Pointer)
	if !ok {
		return nil
	}
	return btf.UnderlyingType(pointer.Target)
}

var errTooLarge = errors.New("the value does not fit into it")
