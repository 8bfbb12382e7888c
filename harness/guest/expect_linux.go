package guest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// expect loads one program as its annotations ask for it, and reports what they are judged by.
func (a *agent) expect(_ context.Context, req *wire.Request) (any, error) {
	var args wire.Expect
	if err := req.Decode(&args); err != nil {
		return nil, err
	}
	if err := probe.LiftMemlock(); err != nil {
		return nil, err
	}
	a.opened.mu.Lock()
	defer a.opened.mu.Unlock()
	spec, err := a.opened.programs(append([]string{args.Program}, args.With...)...)
	if err != nil {
		return nil, err
	}
	if why := cannot(args); why != "" {
		return wire.ExpectResult{Cannot: why}, nil
	}
	t := trial{Expect: args, loader: &a.loader, spec: spec}
	defer t.close()
	res, err := t.do()
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(req.Output(wire.Stdout), t.log)
	return res, err
}

// cannot returns why this kernel cannot be asked, "" if it can.
func cannot(args wire.Expect) string {
	switch {
	case args.JIT == "jited" && !probe.HasJIT():
		return "the kernel's JIT is off, and the test is for one that is on"
	case args.JIT == "no_jited" && probe.HasJIT():
		return "the kernel's JIT is on, and the test is for one that is off"
	case args.LogLevel&4 != 0 && !probe.HasTerseLog():
		return fmt.Sprintf("the kernel has no log level %d: statistics came with Linux 5.2", args.LogLevel)
	}
	for bit := uint32(1); bit != 0; bit <<= 1 {
		if args.Flags&bit != 0 && !probe.KnowsFlags(bit) {
			return fmt.Sprintf("the kernel does not know flag 0x%x of BPF_PROG_LOAD", bit)
		}
	}
	return ""
}

// trial is one test on its way through the kernel.
type trial struct {
	wire.Expect
	loader *loader
	spec   *ebpf.CollectionSpec

	made  map[string]*ebpf.Map
	colls []*ebpf.Collection
	prog  *ebpf.Program
	log   string
}

func (t *trial) close() {
	for _, c := range t.colls {
		c.Close()
	}
	for _, m := range t.made {
		m.Close()
	}
}

// do loads the program, reads what is asked for, and runs it.
func (t *trial) do() (res wire.ExpectResult, err error) {
	p := t.spec.Programs[t.Program]
	p.Flags |= t.Flags
	for bit := uint32(1); bit != 0; bit <<= 1 {
		if t.UsualFlags&bit != 0 && probe.KnowsFlags(bit) {
			p.Flags |= bit
		}
	}
	if t.Target != "" {
		p.AttachTo = t.Target
	}
	if t.User {
		err = t.asUser(&res)
	} else {
		res.VerifyResult, err = t.load()
	}
	if err != nil || !res.Accepted {
		return res, err
	}
	t.read(&res)
	if t.Run {
		res.Run = t.run()
	}
	if t.Streams && res.Run != nil {
		res.Stdout, res.Stderr = t.stream(probe.Stdout), t.stream(probe.Stderr)
	}
	return res, nil
}

// asUser loads the program without capabilities. cilium/ebpf remembers what it has found out about
// the kernel, so all of that is asked with capabilities before.
func (t *trial) asUser(res *wire.ExpectResult) error {
	warmProbes()
	warm := *t
	warm.spec = t.spec.Copy()
	_, err := warm.load()
	warm.close()
	if err != nil {
		return err
	}
	withoutBTF(t.spec)
	failed := probe.WithoutCaps(t.Caps, func() { res.VerifyResult, err = t.load() })
	if failed != nil {
		res.Cannot = "the kernel takes no programs from ordinary users: " + failed.Error()
	}
	return err
}

// warmProbes has cilium/ebpf find out whether there are calls between functions, which it asks
// only when a program that has some is rejected.
var warmProbes = sync.OnceFunc(func() {
	none := asm.Instruction{OpCode: asm.InvalidOpCode}
	if p, err := ebpf.NewProgram(&ebpf.ProgramSpec{Type: ebpf.SocketFilter, License: "GPL", Instructions: asm.Instructions{
		asm.Call.Label("f").WithSymbol("p"), asm.Return(), none.WithSymbol("f"), asm.Return()}}); err == nil {
		p.Close()
	}
})

// withoutBTF takes the program's own BTF away, which a user may not load. libbpf does the same.
func withoutBTF(spec *ebpf.CollectionSpec) {
	for _, m := range spec.Maps {
		m.Key, m.Value = nil, nil
	}
	for _, p := range spec.Programs {
		for i, ins := range p.Instructions {
			p.Instructions[i] = btf.WithFuncMetadata(ins.WithSource(nil), nil)
		}
	}
}

// load makes the maps and loads the programs. An error says that the kernel could not be asked.
func (t *trial) load() (res wire.VerifyResult, err error) {
	slots := takeSlots(t.spec)
	made, subject, err := makeMaps(t.spec, nil)
	if err != nil {
		res.Subject = subject
		return fail(res, wire.StageMap, err), nil
	}
	t.made = made
	for _, name := range t.With {
		if _, err := t.one(name, ebpf.ProgramOptions{}); err != nil {
			return fail(res, stageOf(err), fmt.Errorf("%s, which is to be loaded before it: %w", name, err)), nil
		}
	}
	began := time.Now()
	coll, err := t.one(t.Program, ebpf.ProgramOptions{LogLevel: ebpf.LogLevel(t.LogLevel), LogSizeStart: 1 << 20})
	t.log, res.Seconds = wholeLog(coll, t.Program, err), time.Since(began).Seconds()
	out := outcome{name: t.Program, stage: stageOf(err), err: err}
	if err := out.starved(wire.OpExpect); err != nil {
		return res, err
	}
	if err != nil {
		return fail(res, out.stage, err), nil
	}
	t.prog, res.Accepted = coll.Programs[t.Program], true
	return res, t.fill(slots)
}

// one loads one program.
func (t *trial) one(name string, o ebpf.ProgramOptions) (*ebpf.Collection, error) {
	t.loader.mu.Lock()
	defer t.loader.mu.Unlock()
	if t.loader.cache == nil {
		t.loader.cache = btf.NewCache()
	}
	o.KernelTypes = t.loader.types
	single := t.spec.Copy()
	single.Programs = map[string]*ebpf.ProgramSpec{name: single.Programs[name]}
	coll, err := ebpf.NewCollectionWithOptions(single, ebpf.CollectionOptions{MapReplacements: t.made, Cache: t.loader.cache, Programs: o})
	if err == nil {
		t.colls = append(t.colls, coll)
	}
	return coll, err
}

// fill puts the programs into the arrays that the object names them in.
func (t *trial) fill(slots []slot) error {
	all := loaded{maps: t.made, programs: map[string]*ebpf.Program{}}
	for _, c := range t.colls {
		for name, p := range c.Programs {
			all.programs[name] = p
		}
	}
	return all.fill(slots)
}

// wholeLog returns the verifier's log of a load.
func wholeLog(coll *ebpf.Collection, name string, err error) string {
	var verifier *ebpf.VerifierError
	if coll != nil && coll.Programs[name] != nil {
		return coll.Programs[name].VerifierLog
	}
	if !errors.As(err, &verifier) {
		return ""
	}
	out := ""
	for _, line := range verifier.Log {
		out += line + "\n"
	}
	return out
}

// read reads the program back.
func (t *trial) read(res *wire.ExpectResult) {
	if t.Xlated {
		insns, err := probe.Translated(t.prog.FD())
		res.Xlated = gave(insns, err, "the kernel does not show the instructions of a loaded program")
	}
	if !t.Jited {
		return
	}
	res.Jited.Missing = "the kernel does not show the machine code of a loaded program: its JIT is off"
	info, err := t.prog.Info()
	if err != nil {
		return
	}
	code, ok := info.JitedInsns()
	if ok && len(code) > 0 {
		res.Jited = wire.Bytes{Data: code}
	}
	if sizes, ok := info.JitedFuncLens(); ok {
		for _, n := range sizes {
			res.Funcs = append(res.Funcs, int(n))
		}
	}
}

// gave returns what the kernel gave; "nothing" is missing because of why.
func gave(data []byte, err error, why string) wire.Bytes {
	switch {
	case err != nil:
		return wire.Bytes{Missing: why + ": " + err.Error()}
	case len(data) == 0:
		return wire.Bytes{Missing: why}
	}
	return wire.Bytes{Data: data}
}

func (t *trial) stream(id int) wire.Bytes {
	text, err := probe.ReadStream(t.prog.FD(), id)
	if err != nil {
		return wire.Bytes{Missing: "the kernel has no streams of programs, which came with Linux 6.17: " + err.Error()}
	}
	return wire.Bytes{Data: text}
}

// run has the kernel run the program once, on data if its type takes some.
func (t *trial) run() *wire.TestRunResult {
	options := ebpf.RunOptions{Repeat: 1, Data: t.Data, DataOut: make([]byte, len(t.Data)+roomToGrow)}
	if kind := t.prog.Type(); kind == ebpf.Syscall || kind == ebpf.RawTracepoint {
		options = ebpf.RunOptions{}
	}
	if t.LinearSize > 0 {
		packet := make([]byte, skbContext)
		binary.NativeEndian.PutUint32(packet[skbDataEnd:], uint32(t.LinearSize))
		options.Context = packet
	}
	returned, err := t.prog.Run(&options)
	if err == nil {
		return &wire.TestRunResult{Returned: returned}
	}
	return &wire.TestRunResult{Error: err.Error(), Errno: errnoName(err), Lacking: errors.Is(err, ebpf.ErrNotSupported) || t.LinearSize > 0 && errors.Is(err, unix.EINVAL)}
}

// Size of struct __sk_buff, and where its data_end is, in bytes (include/uapi/linux/bpf.h).
const (
	skbContext = 192
	skbDataEnd = 80
)
