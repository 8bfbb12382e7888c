package guest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// MaxObject is the largest object that is loaded, in bytes.
const MaxObject = 256 << 20

const maxLog = 64 << 10

// object is the one loaded ELF object: its maps, the programs the kernel
// took, and what is attached.
type object struct {
	mu       sync.Mutex
	spec     *ebpf.CollectionSpec
	maps     map[string]*ebpf.Map
	programs map[string]*ebpf.Program
	links    []io.Closer
}

func (a *agent) load(ctx context.Context, req *wire.Request) (any, error) {
	var args wire.Load
	if err := req.Decode(&args); err != nil {
		return nil, err
	}
	spec, err := readObject(req)
	if err != nil {
		return nil, err
	}
	a.object.close()
	return a.object.load(ctx, spec, args)
}

func (a *agent) unload(context.Context, none) (none, error) {
	a.taps.close()
	a.trace.close()
	a.object.close()
	return none{}, nil
}

func (o *object) load(ctx context.Context, spec *ebpf.CollectionSpec, args wire.Load) (wire.LoadResult, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := probe.LiftMemlock(); err != nil {
		return wire.LoadResult{}, err
	}
	names, err := choose(spec, args.Programs)
	if err != nil {
		return wire.LoadResult{}, err
	}
	if len(args.Programs) > 0 {
		spec = only(spec, names, args.Maps)
	}
	slots := takeSlots(spec)
	o.spec, o.programs = spec, map[string]*ebpf.Program{}
	res := wire.LoadResult{Maps: describeMaps(spec)}
	if err := o.makeMaps(); err != nil {
		res.Error, res.Programs = err.Error(), o.withoutMaps(names, err)
		return res, nil
	}
	for _, name := range names {
		if ctx.Err() != nil {
			return res, ctx.Err()
		}
		res.Programs = append(res.Programs, o.loadProgram(name, args.Log))
	}
	return res, o.fill(slots)
}

// choose returns the wanted programs in a stable order, or all of them.
func choose(spec *ebpf.CollectionSpec, want []string) ([]string, error) {
	all := slices.Sorted(maps.Keys(spec.Programs))
	if len(want) == 0 {
		return all, nil
	}
	for _, name := range want {
		if spec.Programs[name] == nil {
			return nil, fmt.Errorf("the object has no program %q; it has %s", name, strings.Join(all, ", "))
		}
	}
	return want, nil
}

func describeMaps(spec *ebpf.CollectionSpec) []wire.MapInfo {
	var out []wire.MapInfo
	for _, name := range slices.Sorted(maps.Keys(spec.Maps)) {
		m := spec.Maps[name]
		out = append(out, wire.MapInfo{Name: name, Type: m.Type.String(), KeySize: m.KeySize, ValSize: m.ValueSize})
	}
	return out
}

func (o *object) makeMaps() error {
	spec := o.spec.Copy()
	spec.Programs = nil
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		return err
	}
	o.maps = coll.Maps
	return nil
}

// withoutMaps answers for programs whose maps the kernel does not make.
func (o *object) withoutMaps(names []string, err error) []wire.Program {
	var out []wire.Program
	for _, name := range names {
		out = append(out, rejected(describeProgram(o.spec.Programs[name]), err))
	}
	return out
}

func describeProgram(prog *ebpf.ProgramSpec) wire.Program {
	return wire.Program{Name: prog.Name, Section: prog.SectionName, Type: prog.Type.String()}
}

// loadProgram loads one program with the maps that are there already.
func (o *object) loadProgram(name string, log bool) wire.Program {
	spec := o.spec.Copy()
	prog := spec.Programs[name]
	spec.Programs = map[string]*ebpf.ProgramSpec{name: prog}
	out := describeProgram(prog)
	if prog.Type == ebpf.UnspecifiedProgram {
		out.Errno, out.Message = "EINVAL", fmt.Sprintf("section %q names no type of program that is known", prog.SectionName)
		return out
	}
	coll, err := o.collection(spec, ebpf.LogLevelStats)
	if err != nil && worthTelling(err) {
		if coll, again := o.collection(spec, ebpf.LogLevelInstruction|ebpf.LogLevelStats); again != nil {
			err = again
		} else {
			coll.Close()
		}
	}
	if err != nil {
		return rejected(out, err)
	}
	out.Accepted = true
	o.programs[name] = coll.DetachProgram(name)
	out.Insns = probe.Processed(o.programs[name].VerifierLog)
	if log {
		out.Log = clip(o.programs[name].VerifierLog)
	}
	coll.Close()
	return out
}

// longestTold is how many instructions a log may tell of one by one: beyond that it takes
// minutes, and more memory than the machine has.
const longestTold = 100_000

// worthTelling says whether a program that was rejected is to be loaded once more, with a
// log of every instruction the verifier walks.
func worthTelling(err error) bool {
	if errors.Is(err, unix.E2BIG) || errors.Is(err, unix.EFAULT) { // too much to walk: on 6.12 and 7.3, on 5.10 and 6.1
		return false
	}
	return rejected(wire.Program{}, err).Insns <= longestTold
}

func (o *object) collection(spec *ebpf.CollectionSpec, log ebpf.LogLevel) (*ebpf.Collection, error) {
	return ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{MapReplacements: o.maps, Programs: ebpf.ProgramOptions{LogLevel: log}})
}

func rejected(out wire.Program, err error) wire.Program {
	out.Message = err.Error()
	var errno unix.Errno
	if errors.As(err, &errno) {
		out.Errno = unix.ErrnoName(errno)
	}
	var verifier *ebpf.VerifierError
	if errors.As(err, &verifier) {
		text := strings.Join(verifier.Log, "\n")
		out.Log, out.Insns = clip(text), probe.Processed(text)
	}
	return out
}

// clip keeps the end of a log, where the verifier says why.
func clip(log string) string {
	return log[max(0, len(log)-maxLog):]
}

func (o *object) attached(l io.Closer) {
	o.links = append(o.links, l)
}

// close detaches, then unloads.
func (o *object) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range slices.Backward(o.links) {
		l.Close()
	}
	for _, p := range o.programs {
		p.Close()
	}
	for _, m := range o.maps {
		m.Close()
	}
	o.spec, o.maps, o.programs, o.links = nil, nil, nil, nil
}
