package guest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/object"
	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// opened is the object whose programs are verified one by one.
type opened struct {
	mu   sync.Mutex
	spec *ebpf.CollectionSpec
	kept keptMaps
}

// open reads an object, in place of the one before, and prepares its maps.
func (a *agent) open(_ context.Context, req *wire.Request) (any, error) {
	var args wire.Open
	if err := req.Decode(&args); err != nil {
		return nil, err
	}
	spec, err := readObject(req)
	if err != nil {
		return nil, err
	}
	a.opened.mu.Lock()
	defer a.opened.mu.Unlock()
	a.opened.spec = spec
	a.opened.kept.close()
	res := wire.OpenResult{Programs: slices.Sorted(maps.Keys(spec.Programs))}
	for _, p := range object.Prepare(spec, args.MapSizes) {
		res.Prepared = append(res.Prepared, p.String())
	}
	return res, nil
}

// programs returns what of the object some of its programs need, which the caller has locked.
func (o *opened) programs(names ...string) (*ebpf.CollectionSpec, error) {
	for _, name := range names {
		if o.spec == nil || o.spec.Programs[name] == nil {
			return nil, fmt.Errorf("no object with a program %q is open", name)
		}
	}
	return only(o.spec, names, nil), nil
}

// verify loads one program with its maps, and unloads it.
func (a *agent) verify(_ context.Context, req *wire.Request) (any, error) {
	var args wire.Verify
	if err := req.Decode(&args); err != nil {
		return nil, err
	}
	if err := probe.LiftMemlock(); err != nil {
		return nil, err
	}
	a.opened.mu.Lock()
	defer a.opened.mu.Unlock()
	spec, err := a.opened.programs(args.Program)
	if err != nil {
		return nil, err
	}
	res, log, err := a.try(spec, args, req.Output(wire.Stderr))
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(req.Output(wire.Stdout), log)
	return res, err
}

// try loads the one program of the opened object and unloads it. An error says that the kernel
// could not be asked. The counts of a profile are written to profile.
func (a *agent) try(spec *ebpf.CollectionSpec, args wire.Verify, profile io.Writer) (res wire.VerifyResult, log string, err error) {
	takeSlots(spec)
	if args.Target != "" {
		spec.Programs[args.Program].AttachTo = args.Target
	}
	made, subject, err := a.opened.kept.make(spec)
	if err != nil {
		res.Subject = subject
		return fail(res, wire.StageMap, err), "", nil
	}
	defer func() {
		for _, m := range made {
			m.Close()
		}
	}()
	got := a.loader.load(spec, args.Program, made)
	defer got.close()
	if err := got.starved(wire.OpVerify); err != nil {
		return res, "", err
	}
	res.Seconds = got.took.Seconds()
	if got.err != nil {
		return fail(res, got.stage, got.err), got.log, nil
	}
	res = measure(res, got.coll.Programs[args.Program])
	if args.Profile {
		if err := json.NewEncoder(profile).Encode(a.loader.profile(got)); err != nil {
			return res, "", err
		}
	}
	if args.Attach {
		res = tryAttach(res, placement{prog: got.coll.Programs[args.Program], spec: spec.Programs[args.Program], net: &a.net, alone: true})
	}
	return res, got.log, nil
}

// measure returns the result with the sizes of an accepted program.
func measure(res wire.VerifyResult, prog *ebpf.Program) wire.VerifyResult {
	res.Accepted = true
	info, err := prog.Info()
	if err != nil {
		return res // before 4.13 the kernel does not tell
	}
	if size, err := info.JitedSize(); err == nil {
		res.JitedLen = int(size)
	}
	if size, err := info.TranslatedSize(); err == nil {
		res.XlatedLen = size
	}
	return res
}

func fail(res wire.VerifyResult, stage string, err error) wire.VerifyResult {
	res.Accepted, res.Stage, res.Message, res.Errno = false, stage, err.Error(), errnoName(err)
	return res
}

// tryAttach attaches a program as its section says, and detaches it.
func tryAttach(res wire.VerifyResult, p placement) wire.VerifyResult {
	closer, _, err := p.attach()
	var not unattachable
	switch {
	case errors.As(err, &not):
		res.Unattached = not.why
		return res
	case err != nil:
		return fail(res, wire.StageAttach, err)
	}
	closer.Close()
	return res
}
