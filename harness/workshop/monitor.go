package workshop

import (
	"context"
	"reflect"
	"sync"
	"time"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms/wire"
)

// TraceNews is what came in the kernel's trace buffer. Clear says that a check has
// emptied it before. Error is why none comes.
type TraceUpdate = wire.Followed

// MapNews is a map's content now.
type MapView = session.MapView

// live shows what goes on in a desk's machine, while a face shows it.
type monitor struct {
	workspace *Workspace

	mu      sync.Mutex
	shown   int
	machine *machine
	stop    context.CancelFunc // of what follows the machine, nil if nothing does
}

// show counts faces that show the trace and the maps.
func (mon *monitor) addViewer(more bool) {
	mon.mu.Lock()
	defer mon.mu.Unlock()
	if more {
		mon.shown++
	} else {
		mon.shown--
	}
	mon.update()
}

// follow says which machine is the desk's now.
func (mon *monitor) setMachine(m *machine) {
	mon.mu.Lock()
	defer mon.mu.Unlock()
	mon.machine = m
	if mon.stop != nil {
		mon.stop()
		mon.stop = nil
	}
	mon.update()
}

// arrange begins or ends to follow. The caller holds the lock.
func (mon *monitor) update() {
	switch wanted := mon.shown > 0 && mon.machine != nil; {
	case wanted && mon.stop == nil:
		ctx, stop := context.WithCancel(mon.machine.alive)
		mon.stop = stop
		go mon.trace(ctx, mon.machine)
		go mon.maps(ctx, mon.machine)
	case !wanted && mon.stop != nil:
		mon.stop()
		mon.stop = nil
	}
}

func (mon *monitor) trace(ctx context.Context, m *machine) {
	m.session.Follow(ctx, func(update wire.Followed) { // the error is that of ctx or of the machine, which watchMachine reports
		mon.workspace.broker.send(Event{Trace: &update})
	})
}

// How often maps are read: soon while they change, and less and less often while not.
const (
	mapsSoon   = time.Second
	mapsSeldom = 8 * time.Second
)

func (mon *monitor) maps(ctx context.Context, m *machine) {
	var before []MapView
	var spec *ebpf.CollectionSpec
	for every := mapsSoon; ; {
		now, loaded, err := mon.workspace.readMaps(ctx, m)
		switch {
		case err != nil:
			return
		case loaded != spec || !reflect.DeepEqual(now, before):
			every = mapsSoon
			mon.workspace.broker.send(Event{Maps: append([]MapView{}, now...)})
		default:
			every = min(2*every, mapsSeldom)
		}
		before, spec = now, loaded
		select {
		case <-time.After(every):
		case <-mon.workspace.nextLoad(m):
			every = mapsSoon
		case <-ctx.Done():
			return
		}
	}
}

// readMaps reads the maps of what the last check has loaded. While a check is done,
// they stay as they were.
func (ws *Workspace) readMaps(ctx context.Context, m *machine) ([]MapView, *ebpf.CollectionSpec, error) {
	ws.mu.Lock()
	spec := m.spec
	ws.mu.Unlock()
	if spec == nil {
		return nil, nil, ctx.Err()
	}
	maps, err := m.session.Maps(ctx, spec)
	return maps, spec, err
}

// loaded says what a check has loaded into a machine.
func (ws *Workspace) loaded(m *machine, spec *ebpf.CollectionSpec) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	m.spec = spec
	if m.loaded != nil {
		close(m.loaded)
		m.loaded = nil
	}
}

// nudge is closed when a check has loaded something.
func (ws *Workspace) nextLoad(m *machine) <-chan struct{} {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if m.loaded == nil {
		m.loaded = make(chan struct{})
	}
	return m.loaded
}
