package guest

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// maxLog is how much of a verifier's log a lab is given, in bytes.
const maxLog = 64 << 10

// loaded is the one loaded ELF object: its maps, the programs the kernel
// took, and what is attached.
type loaded struct {
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
	a.loaded.close()
	return a.loaded.load(ctx, &a.loader, spec, args)
}

func (a *agent) unload(context.Context, none) (none, error) {
	a.taps.close()
	a.trace.close()
	a.loaded.close()
	return none{}, nil
}

func (o *loaded) load(ctx context.Context, l *loader, spec *ebpf.CollectionSpec, args wire.Load) (wire.LoadResult, error) {
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
	made, _, err := makeMaps(spec, nil)
	if err != nil {
		res.Error, res.Programs = err.Error(), o.withoutMaps(names, err)
		return res, nil
	}
	o.maps = made
	for _, name := range names {
		if ctx.Err() != nil {
			return res, ctx.Err()
		}
		p, err := o.loadProgram(l, name, args.Log)
		if err != nil {
			return res, err
		}
		res.Programs = append(res.Programs, p)
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

// withoutMaps answers for programs whose maps the kernel does not make.
func (o *loaded) withoutMaps(names []string, err error) []wire.Program {
	var out []wire.Program
	for _, name := range names {
		p := describeProgram(o.spec.Programs[name])
		p.Stage, p.Errno, p.Message = wire.StageMap, errnoName(err), err.Error()
		out = append(out, p)
	}
	return out
}

func describeProgram(prog *ebpf.ProgramSpec) wire.Program {
	return wire.Program{Name: prog.Name, Section: prog.SectionName, Type: prog.Type.String()}
}

// loadProgram loads one program with the maps that are there already.
func (o *loaded) loadProgram(l *loader, name string, log bool) (wire.Program, error) {
	got := l.load(o.spec, name, o.maps)
	if err := got.starved(wire.OpLoad); err != nil {
		return wire.Program{}, err
	}
	out := describeProgram(o.spec.Programs[name])
	out.Stage, out.Insns = got.stage, probe.Processed(got.log)
	if got.err != nil {
		out.Errno, out.Message, out.Log = errnoName(got.err), got.err.Error(), probe.Tail(got.log, maxLog)
		return out, nil
	}
	out.Accepted = true
	o.programs[name] = got.coll.DetachProgram(name)
	if log {
		out.Log = probe.Tail(got.log, maxLog)
	}
	got.close()
	return out, nil
}

func (o *loaded) attached(l io.Closer) {
	o.links = append(o.links, l)
}

// close detaches, then unloads.
func (o *loaded) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, l := range slices.Backward(o.links) {
		l.Close()
	}
	for _, p := range o.programs {
		p.Close()
	}
	for _, m := range o.maps {
		m.Unpin()
		m.Close()
	}
	o.spec, o.maps, o.programs, o.links = nil, nil, nil, nil
}
