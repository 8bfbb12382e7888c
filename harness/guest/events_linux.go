package guest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/perf"
	"github.com/cilium/ebpf/ringbuf"

	"github.com/bpflab/bpflab/vms/wire"
)

const (
	maxEventBytes = 512 << 10 // kept of one buffer between two calls of OpEvents
	perfPages     = 64 << 10  // bytes of perf ring a CPU
)

// eventTaps are the buffers that are watched.
type eventTaps struct {
	mu    sync.Mutex
	byMap map[string]*eventTap
}

// source is a ring buffer or a perf event array.
type source interface {
	next() (record []byte, lost int, err error) // errFlushed after flush
	Flush() error
	Close() error
}

// eventTap collects one buffer's records.
type eventTap struct {
	src     source
	flushed chan struct{}
	mu      sync.Mutex
	size    int
	res     wire.EventsResult
}

func (a *agent) watch(_ context.Context, args wire.Watch) (none, error) {
	a.loaded.mu.Lock()
	m := a.loaded.maps[args.Map]
	a.loaded.mu.Unlock()
	if m == nil {
		return none{}, fmt.Errorf("the object has no map %q", args.Map)
	}
	src, err := openSource(m)
	if err != nil {
		return none{}, fmt.Errorf("map %s: %w", args.Map, err)
	}
	tap := &eventTap{src: src, flushed: make(chan struct{}, 1)}
	go tap.collect()
	a.taps.add(args.Map, tap)
	return none{}, nil
}

func (a *agent) events(ctx context.Context, args wire.Watch) (wire.EventsResult, error) {
	a.taps.mu.Lock()
	tap := a.taps.byMap[args.Map]
	a.taps.mu.Unlock()
	if tap == nil {
		return wire.EventsResult{}, fmt.Errorf("map %s is not watched", args.Map)
	}
	return tap.drain(ctx)
}

func openSource(m *ebpf.Map) (source, error) {
	switch m.Type() {
	case ebpf.RingBuf:
		r, err := ringbuf.NewReader(m)
		return ring{r}, err
	case ebpf.PerfEventArray:
		r, err := perf.NewReader(m, perfPages)
		return perfRing{r}, err
	}
	return nil, fmt.Errorf("a %s holds no records; ring buffers and perf event arrays do", m.Type())
}

type ring struct{ *ringbuf.Reader }

func (r ring) next() ([]byte, int, error) {
	rec, err := r.Read()
	return rec.RawSample, 0, err
}

type perfRing struct{ *perf.Reader }

func (r perfRing) next() ([]byte, int, error) {
	rec, err := r.Read()
	return rec.RawSample, int(rec.LostSamples), err
}

func (t *eventTap) collect() {
	for {
		record, lost, err := t.src.next()
		if errors.Is(err, ringbuf.ErrFlushed) || errors.Is(err, perf.ErrFlushed) {
			t.flushed <- struct{}{}
			continue
		}
		if err != nil {
			close(t.flushed)
			return
		}
		t.add(record, lost)
	}
}

func (t *eventTap) add(record []byte, lost int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.res.Lost += lost
	if record == nil {
		return
	}
	if t.size += len(record); t.size > maxEventBytes {
		t.res.Lost++
		return
	}
	t.res.Records = append(t.res.Records, record)
}

// drain waits until all records written so far are read.
func (t *eventTap) drain(ctx context.Context) (wire.EventsResult, error) {
	if err := t.src.Flush(); err != nil {
		return wire.EventsResult{}, err
	}
	select {
	case <-t.flushed:
	case <-ctx.Done():
		return wire.EventsResult{}, ctx.Err()
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.res, nil
}

func (e *eventTaps) add(name string, tap *eventTap) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if old := e.byMap[name]; old != nil {
		old.src.Close()
	}
	e.byMap[name] = tap
}

func (e *eventTaps) close() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for name, tap := range e.byMap {
		tap.src.Close()
		delete(e.byMap, name)
	}
}
