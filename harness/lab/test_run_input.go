package lab

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/bpflab/bpflab/harness/packet"
)

// leastWithMaps is how long the packets of fuzz are at least where maps are compared: every
// kernel takes those, so all of them run on the same ones.
const leastWithMaps = 60

// Inputs returns the packets that the program is run on, none where there is only a context.
// The error says what in a packet does not fit together. Captures must have been read.
func (r *TestRun) Inputs() ([][]byte, error) {
	given, err := r.given()
	if err != nil || r.Fuzz == 0 {
		return given, err
	}
	f := packet.Fuzz{Seed: uint64(r.Seed), Base: given}
	if len(given) == 0 {
		f.Base = packet.Common()
	}
	if len(r.Maps) > 0 {
		f.Min = leastWithMaps
	}
	out := make([][]byte, r.Fuzz)
	for i := range out {
		out[i] = f.Packet(i)
	}
	return out, nil
}

// given returns the packets that the document gives.
func (r *TestRun) given() ([][]byte, error) {
	switch {
	case r.Packet != nil:
		p, err := r.Packet.build()
		return [][]byte{p}, err
	case r.PCAP != "":
		return r.packets, nil
	case len(r.Data) > 0:
		return [][]byte{r.Data}, nil
	}
	return nil, nil
}

// Outs returns what is wanted of the packets afterwards, one for each; nil if nothing is.
func (r *TestRun) Outs() [][]byte {
	if len(r.Out) > 0 {
		return [][]byte{r.Out}
	}
	return r.outs
}

// ReadCaptures reads the files that the check names. Of a mistake it returns the key, too.
func (r *TestRun) ReadCaptures(read func(name string) ([]byte, error)) (key string, err error) {
	if r.PCAP == "" {
		return "", nil
	}
	if r.packets, err = readCapture(r.PCAP, read); err != nil {
		return "pcap", err
	}
	if r.Number > len(r.packets) {
		return "number", fmt.Errorf("%s has %d packets, and no number %d", r.PCAP, len(r.packets), r.Number)
	}
	if r.Number > 0 {
		r.packets = r.packets[r.Number-1 : r.Number]
	}
	if r.OutPCAP == "" {
		return "", nil
	}
	if r.outs, err = readCapture(r.OutPCAP, read); err == nil && len(r.outs) != len(r.packets) {
		err = fmt.Errorf("%s has %d packets, and there are %d to run on", r.OutPCAP, len(r.outs), len(r.packets))
	}
	return "out_pcap", err
}

func readCapture(name string, read func(string) ([]byte, error)) ([][]byte, error) {
	file, err := read(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s", name)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return packet.ReadCapture(name, file)
}

// build returns the frame.
func (p *Packet) build() ([]byte, error) {
	s := packet.Spec{From: p.From, To: p.To, FromPort: uint16(p.Sport), VLAN: uint16(p.VLAN), Protocol: packet.ICMP, Payload: []byte(p.Payload)}
	switch {
	case p.UDP != 0:
		s.Protocol, s.ToPort = packet.UDP, uint16(p.UDP)
	case p.TCP != 0:
		s.Protocol, s.ToPort = packet.TCP, uint16(p.TCP)
	}
	if p.Payload == "" {
		s.Payload = make([]byte, p.Size)
	}
	return packet.Build(s)
}

// testRun wants a program that is loaded, a packet that can be built, and keys that mean
// something together.
func (v *checkValidator) testRun(r *TestRun) {
	v.needsLoad("test_run")
	v.isLoaded(v.key("test_run.program"), r.Program)
	if r.Packet != nil {
		if _, err := r.Packet.build(); err != nil {
			v.fail(v.key("test_run.packet"), "", "%v", err)
		}
	}
	for name := range r.Returned {
		if err := new(Return).UnmarshalText([]byte(name)); err != nil {
			v.fail(v.key("test_run.returned."+name), "", "returned: %v", err)
		}
	}
	v.goesWith("number", "pcap")
	v.goesWith("out_pcap", "pcap")
	v.goesWith("seed", "fuzz")
	v.goesWith("maps", "fuzz")
	for _, one := range []string{"out", "context_out"} {
		if r.PCAP != "" && r.Number == 0 && v.has(v.key("test_run."+one)) {
			v.fail(v.key("test_run."+one), "name one packet with number", "%s is for one packet, and pcap may have several", one)
		}
	}
	for name, value := range r.Context {
		switch value.(type) {
		case int64, uint64, string:
		default:
			v.fail(v.key("test_run.context."+name), "", "the field %s of context wants a whole number or an IP address", name)
		}
	}
}

// goesWith reports a key of test_run that means nothing without another one.
func (v *checkValidator) goesWith(key, other string) {
	if v.has(v.key("test_run."+key)) && !v.has(v.key("test_run."+other)) {
		v.fail(v.key("test_run."+key), "", "%s is for %s, and test_run has none", key, other)
	}
}

// captures reads the captures of a lab's checks into files, by their resolved path.
func (d *draft) captures(fsys fs.FS, files map[string][]byte) {
	read := func(rel string) ([]byte, error) {
		if !d.isInside(rel) {
			return nil, errors.New("paths are relative to the document and stay in the project")
		}
		text, err := fs.ReadFile(fsys, d.lab.Path(rel))
		files[d.lab.Path(rel)] = text
		return text, err
	}
	for i := range d.lab.Steps {
		for n, c := range d.lab.Steps[i].Checks {
			if c.TestRun == nil {
				continue
			}
			if key, err := c.TestRun.ReadCaptures(read); err != nil {
				d.Add(d.steps[i][fmt.Sprintf("checks[%d].test_run.%s", n, key)], "", "%v", err)
			}
		}
	}
}
