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
	"sync"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/object"
	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/harness/verifierlog"
	"github.com/bpflab/bpflab/vms/wire"
)

// loader brings programs into the kernel, those of labs and those that are only
// verified.
type loader struct {
	mu    sync.Mutex
	types *btf.Spec  // to relocate with; nil is the running kernel's
	cache *btf.Cache // of the running kernel's types, which take long to read
}

// types reads BTF for a kernel that has none itself; another's own is better.
func (a *agent) types(_ context.Context, req *wire.Request) (any, error) {
	text, err := io.ReadAll(io.LimitReader(req.Data(), object.MaxSize))
	if err != nil {
		return nil, err
	}
	spec, err := btf.LoadSpecFromReader(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read the BTF: %w", err)
	}
	a.loader.mu.Lock()
	defer a.loader.mu.Unlock()
	if _, err := os.Stat(files["BTF"]); err != nil {
		a.loader.types = spec
	}
	return nil, nil
}

// readObject reads the object that is a call's data.
func readObject(req *wire.Request) (*ebpf.CollectionSpec, error) {
	elf, err := io.ReadAll(io.LimitReader(req.Data(), object.MaxSize))
	if err != nil {
		return nil, err
	}
	spec, err := object.Read(elf)
	if err != nil {
		return nil, fmt.Errorf("read the object: %w", err)
	}
	return spec, nil
}

// pins is where maps that are pinned by their names are, as with libbpf. Maps of objects
// that are only verified are not pinned.
const pins = "/sys/fs/bpf"

// makeMaps makes the object's maps, but those that are there already. If one cannot be made,
// subject names it.
func makeMaps(spec *ebpf.CollectionSpec, there map[string]*ebpf.Map) (made map[string]*ebpf.Map, subject string, err error) {
	spec = spec.Copy()
	spec.Programs = nil
	coll, err := ebpf.NewCollectionWithOptions(spec, ebpf.CollectionOptions{Maps: ebpf.MapOptions{PinPath: pins}, MapReplacements: there})
	if err != nil {
		return nil, culprit(spec), err
	}
	return coll.Maps, "", nil
}

// culprit returns the name and type of the first map that cannot be made by itself, ""
// if each can.
func culprit(spec *ebpf.CollectionSpec) string {
	for _, name := range slices.Sorted(maps.Keys(spec.Maps)) {
		one := spec.Maps[name].Copy()
		one.Contents, one.Pinning = nil, ebpf.PinNone
		m, err := ebpf.NewMap(one)
		if err != nil {
			return fmt.Sprintf("%s (%s)", name, one.Type)
		}
		m.Close()
	}
	return ""
}

// load loads one of the object's programs with maps that are made already.
func (l *loader) load(spec *ebpf.CollectionSpec, name string, made map[string]*ebpf.Map) *outcome {
	out := &outcome{name: name}
	if p := spec.Programs[name]; p.Type == ebpf.UnspecifiedProgram {
		out.stage, out.err = wire.StageSection, fmt.Errorf("section %q names no type of program that is known", p.SectionName)
		return out
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cache == nil {
		l.cache = btf.NewCache()
	}
	single := spec.Copy()
	single.Programs = map[string]*ebpf.ProgramSpec{name: single.Programs[name]}
	out.walk = func(o ebpf.ProgramOptions) (*ebpf.Collection, error) {
		o.KernelTypes = l.types
		return ebpf.NewCollectionWithOptions(single.Copy(), ebpf.CollectionOptions{MapReplacements: made, Cache: l.cache, Programs: o})
	}
	out.load(out.walk)
	return out
}

// profile counts the instructions of a program that was loaded, as long as its maps are there.
func (l *loader) profile(o *outcome) verifierlog.Answer {
	l.mu.Lock()
	defer l.mu.Unlock()
	return o.profile(o.walk)
}

// outcome is what came of loading one program.
type outcome struct {
	name  string
	coll  *ebpf.Collection // nil if the program is rejected
	stage string           // where it was rejected
	err   error            // why
	log   string           // the end of the verifier's
	took  time.Duration    // the first walk
	walk  walk             // loads it again
}

func (o *outcome) close() {
	if o.coll != nil {
		o.coll.Close()
	}
}

// starved returns a fault if the machine had too little memory for the load. That says
// nothing about the program.
func (o *outcome) starved(op string) error {
	if o.stage != wire.StageLoad || !errors.Is(o.err, unix.ENOMEM) {
		return nil
	}
	return &wire.Fault{Op: op, Code: wire.CodeMemory,
		Msg: fmt.Sprintf("the machine has too little memory to load program %s: %d MiB, of which %d are left", o.name, probe.Memory()>>20, probe.Free()>>20)}
}

// errnoName returns the name of the error number in err, "" if there is none.
func errnoName(err error) string {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		return ""
	}
	return unix.ErrnoName(errno)
}
