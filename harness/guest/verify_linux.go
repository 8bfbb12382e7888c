package guest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// opened is the object whose programs are verified one by one.
type opened struct {
	mu    sync.Mutex
	spec  *ebpf.CollectionSpec
	types *btf.Spec  // to relocate with; nil is the running kernel's
	cache *btf.Cache // of the running kernel's types, which take long to read
}

// open reads an object, in place of the one before.
func (a *agent) open(_ context.Context, req *wire.Request) (any, error) {
	spec, err := readObject(req)
	if err != nil {
		return nil, err
	}
	a.opened.mu.Lock()
	defer a.opened.mu.Unlock()
	a.opened.spec = spec
	if a.opened.cache == nil {
		a.opened.cache = btf.NewCache()
	}
	return wire.OpenResult{Programs: slices.Sorted(maps.Keys(spec.Programs))}, nil
}

// types reads BTF for a kernel that has none itself; another's own is better.
func (a *agent) types(_ context.Context, req *wire.Request) (any, error) {
	text, err := io.ReadAll(io.LimitReader(req.Data(), MaxObject))
	if err != nil {
		return nil, err
	}
	spec, err := btf.LoadSpecFromReader(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the BTF: %w", err)
	}
	a.opened.mu.Lock()
	defer a.opened.mu.Unlock()
	if _, err := os.Stat(files["BTF"]); err != nil {
		a.opened.types = spec
	}
	return nil, nil
}

// verify loads one program with its maps, and unloads all of that.
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
	if a.opened.spec == nil || a.opened.spec.Programs[args.Program] == nil {
		return nil, fmt.Errorf("no object with a program %q is open", args.Program)
	}
	t := trial{spec: alone(a.opened.spec, args.Program), name: args.Program, types: a.opened.types, cache: a.opened.cache}
	defer t.close()
	t.load()
	if t.res.Accepted && args.Attach {
		t.attach(&a.net)
	}
	_, err := io.WriteString(req.Output(wire.Stdout), t.log)
	return t.res, err
}

// alone is the object with one program and what that needs. A program array
// holds programs, which are not needed for a load.
func alone(whole *ebpf.CollectionSpec, name string) *ebpf.CollectionSpec {
	spec := only(whole, []string{name}, nil)
	for _, m := range spec.Maps {
		if m.Type == ebpf.ProgramArray {
			m.Contents = nil
		}
	}
	return spec
}

// trial is one program on its way into the kernel.
type trial struct {
	spec  *ebpf.CollectionSpec
	types *btf.Spec  // see opened
	cache *btf.Cache // see opened
	name  string
	coll  *ebpf.Collection
	res   wire.VerifyResult
	log   string
}

func (t *trial) close() {
	if t.coll != nil {
		t.coll.Close()
	}
}

// load makes the maps first, so that what they take is not counted, and one that
// cannot be made is known.
func (t *trial) load() {
	if p := t.spec.Programs[t.name]; p.Type == ebpf.UnspecifiedProgram {
		t.fail(wire.StageSection, fmt.Errorf("section %q names no type of program that is known", p.SectionName))
		return
	}
	made, err := t.makeMaps()
	if err != nil {
		t.fail(wire.StageMap, err)
		return
	}
	defer func() {
		for _, m := range made {
			m.Close()
		}
	}()
	began := time.Now()
	t.coll, err = t.try(made, ebpf.LogLevelStats)
	t.res.Seconds = time.Since(began).Seconds()
	if err != nil {
		if again, err := t.try(made, ebpf.LogLevelInstruction|ebpf.LogLevelStats); err != nil {
			t.reject(err)
		} else {
			t.coll = again
		}
	}
	if t.coll != nil {
		t.accept()
	}
}

func (t *trial) makeMaps() (map[string]*ebpf.Map, error) {
	spec := t.spec.Copy()
	spec.Programs = nil
	for _, name := range slices.Sorted(maps.Keys(spec.Maps)) {
		one := spec.Maps[name].Copy()
		one.Contents = nil
		m, err := ebpf.NewMap(one)
		if err != nil {
			t.res.Subject = fmt.Sprintf("%s (%s)", name, one.Type)
			return nil, err
		}
		m.Close()
	}
	coll, err := ebpf.NewCollection(spec)
	if err != nil {
		return nil, err
	}
	return coll.Maps, nil
}

func (t *trial) try(made map[string]*ebpf.Map, level ebpf.LogLevel) (*ebpf.Collection, error) {
	return ebpf.NewCollectionWithOptions(t.spec.Copy(), ebpf.CollectionOptions{
		MapReplacements: made,
		Cache:           t.cache,
		Programs:        ebpf.ProgramOptions{LogLevel: level, KernelTypes: t.types},
	})
}

func (t *trial) accept() {
	prog := t.coll.Programs[t.name]
	t.res.Accepted, t.log = true, prog.VerifierLog
	info, err := prog.Info()
	if err != nil {
		return // before 4.13 the kernel does not tell
	}
	if size, err := info.JitedSize(); err == nil {
		t.res.JitedLen = int(size)
	}
	if size, err := info.TranslatedSize(); err == nil {
		t.res.XlatedLen = size
	}
}

// reject notes why the load failed: at the kernel, if that was asked.
func (t *trial) reject(err error) {
	var verifier *ebpf.VerifierError
	var errno unix.Errno
	switch {
	case errors.As(err, &verifier):
		t.log = strings.Join(verifier.Log, "\n")
		t.fail(wire.StageLoad, err)
	case errors.As(err, &errno):
		t.fail(wire.StageLoad, err)
	default:
		t.fail(wire.StageRelocate, err)
	}
}

func (t *trial) fail(stage string, err error) {
	t.res.Accepted, t.res.Stage, t.res.Message = false, stage, err.Error()
	var errno unix.Errno
	if errors.As(err, &errno) {
		t.res.Errno = unix.ErrnoName(errno)
	}
}

// attach attaches the program as its section says, and detaches it.
func (t *trial) attach(net *network) {
	p := placement{prog: t.coll.Programs[t.name], spec: t.spec.Programs[t.name], net: net}
	how := attachers[p.spec.Type]
	if how == nil {
		t.fail(wire.StageAttach, fmt.Errorf("bpflab does not attach programs of type %s (section %q)", p.spec.Type, p.spec.SectionName))
		return
	}
	closer, _, err := how(p)
	if err != nil {
		t.fail(wire.StageAttach, err)
		return
	}
	closer.Close()
}
