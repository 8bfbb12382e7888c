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
type TraceNews = wire.Followed

// MapNews is a map's content now.
type MapNews = session.MapView

// live shows what goes on in a desk's machine, while a face shows it.
type live struct {
	desk *Desk

	mu      sync.Mutex
	shown   int
	machine *machine
	stop    context.CancelFunc // of what follows the machine, nil if nothing does
}

// show counts faces that show the trace and the maps.
func (l *live) show(more bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if more {
		l.shown++
	} else {
		l.shown--
	}
	l.arrange()
}

// follow says which machine is the desk's now.
func (l *live) follow(m *machine) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.machine = m
	if l.stop != nil {
		l.stop()
		l.stop = nil
	}
	l.arrange()
}

// arrange begins or ends to follow. The caller holds the lock.
func (l *live) arrange() {
	switch wanted := l.shown > 0 && l.machine != nil; {
	case wanted && l.stop == nil:
		ctx, stop := context.WithCancel(l.machine.alive)
		l.stop = stop
		go l.trace(ctx, l.machine)
		go l.maps(ctx, l.machine)
	case !wanted && l.stop != nil:
		l.stop()
		l.stop = nil
	}
}

func (l *live) trace(ctx context.Context, m *machine) {
	m.session.Follow(ctx, func(news wire.Followed) { // ends with ctx or the machine, which is told elsewhere
		l.desk.hub.send(Event{Trace: &news})
	})
}

// How often maps are read: soon while they change, and less and less often while not.
const (
	mapsSoon   = time.Second
	mapsSeldom = 8 * time.Second
)

func (l *live) maps(ctx context.Context, m *machine) {
	var before []MapNews
	var spec *ebpf.CollectionSpec
	for every := mapsSoon; ; {
		now, loaded, err := l.desk.readMaps(ctx, m)
		switch {
		case err != nil:
			return
		case loaded != spec || !reflect.DeepEqual(now, before):
			every = mapsSoon
			l.desk.hub.send(Event{Maps: append([]MapNews{}, now...)})
		default:
			every = min(2*every, mapsSeldom)
		}
		before, spec = now, loaded
		select {
		case <-time.After(every):
		case <-l.desk.nudge(m):
			every = mapsSoon
		case <-ctx.Done():
			return
		}
	}
}

// readMaps reads the maps of what the last check has loaded. While a check is done,
// they stay as they were.
func (d *Desk) readMaps(ctx context.Context, m *machine) ([]MapNews, *ebpf.CollectionSpec, error) {
	d.mu.Lock()
	spec := m.spec
	d.mu.Unlock()
	if spec == nil {
		return nil, nil, ctx.Err()
	}
	maps, err := m.session.Maps(ctx, spec)
	return maps, spec, err
}

// loaded says what a check has loaded into a machine.
func (d *Desk) loaded(m *machine, spec *ebpf.CollectionSpec) {
	d.mu.Lock()
	defer d.mu.Unlock()
	m.spec = spec
	if m.loaded != nil {
		close(m.loaded)
		m.loaded = nil
	}
}

// nudge is closed when a check has loaded something.
func (d *Desk) nudge(m *machine) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if m.loaded == nil {
		m.loaded = make(chan struct{})
	}
	return m.loaded
}
