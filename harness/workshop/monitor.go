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

// TraceUpdate is new content of the kernel's trace buffer. Clear says that a check
// emptied the buffer before it. Error says why no lines come.
type TraceUpdate = wire.Followed

// MapView is the content of a map.
type MapView = session.MapView

// monitor sends the trace and the maps of a workspace's machine to its subscribers,
// while a front end shows them.
type monitor struct {
	workspace *Workspace

	mu      sync.Mutex
	shown   int
	machine *machine
	stop    context.CancelFunc // stops the monitoring; nil while there is none
}

// addViewer counts the front ends that show the trace and the maps: one more, or with
// false one less.
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

// setMachine makes another machine the one that is monitored.
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

// update starts or stops the monitoring. The caller holds the lock.
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

// trace forwards the lines of the trace buffer.
func (mon *monitor) trace(ctx context.Context, m *machine) {
	m.session.Follow(ctx, func(update wire.Followed) { // the error is that of ctx or of the machine, which watchMachine reports
		mon.workspace.broker.send(Event{Trace: &update})
	})
}

// How often maps are read: often while they change, and less and less often while they
// do not.
const (
	mapsSoon   = time.Second
	mapsSeldom = 8 * time.Second
)

// maps sends the content of the maps whenever it has changed.
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

// readMaps reads the maps of the object that the last check loaded. During a check they
// stay as they were.
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

// loaded notes the object that a check has loaded into a machine.
func (ws *Workspace) loaded(m *machine, spec *ebpf.CollectionSpec) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	m.spec = spec
	if m.loaded != nil {
		close(m.loaded)
		m.loaded = nil
	}
}

// nextLoad returns a channel that is closed when a check has loaded an object.
func (ws *Workspace) nextLoad(m *machine) <-chan struct{} {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if m.loaded == nil {
		m.loaded = make(chan struct{})
	}
	return m.loaded
}
