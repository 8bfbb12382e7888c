package guest

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/bpflab/bpflab/harness/wire"
)

// agent is what one machine holds between calls.
type agent struct {
	procs  starter
	object object
	trace  traceTap
	taps   eventTaps
	net    network

	prepared chan struct{} // closed when modules are loaded
}

func newAgent(procs starter) *agent {
	return &agent{procs: procs, prepared: make(chan struct{}), taps: eventTaps{byMap: map[string]*eventTap{}}}
}

func (a *agent) server(stream io.ReadWriter) *wire.Server {
	return wire.NewServer(stream, map[string]wire.Handler{
		wire.OpPut:    a.put,
		wire.OpExec:   a.afterModules(a.exec),
		wire.OpConfig: handle(readConfig),
		wire.OpLoad:   a.afterModules(a.load),
		wire.OpAttach: handle(a.attach),
		wire.OpUnload: handle(a.unload),
		wire.OpTrace:  handle(a.traceStart),
		wire.OpLines:  handle(a.traceLines),
		wire.OpMap:    handle(a.readMap),
		wire.OpWatch:  handle(a.watch),
		wire.OpEvents: handle(a.events),
		wire.OpNet:    a.afterModules(handle(a.netOn)),
		wire.OpNetOff: handle(a.netOff),
		wire.OpSend:   handle(a.sendPackets),
		wire.OpProbe:  handle(runProbe),
		wire.OpPower:  handle(powerOff),
	})
}

// prepare loads the machine's modules. What does not load is told on the
// console; who needs it will say so.
func (a *agent) prepare(load func() error) {
	defer close(a.prepared)
	if err := load(); err != nil {
		fmt.Fprintln(os.Stderr, "bpflab agent:", err)
	}
}

// afterModules makes a handler wait until modules are loaded.
func (a *agent) afterModules(h wire.Handler) wire.Handler {
	return func(ctx context.Context, req *wire.Request) (any, error) {
		select {
		case <-a.prepared:
			return h(ctx, req)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// close undoes what calls left behind.
func (a *agent) close() {
	a.taps.close()
	a.trace.close()
	a.object.close()
	a.net.close()
}

// none is the argument or result of an operation without one.
type none struct{}

// handle makes a Handler of a function with typed argument and result.
func handle[A, R any](f func(context.Context, A) (R, error)) wire.Handler {
	return func(ctx context.Context, req *wire.Request) (any, error) {
		var args A
		if err := req.Decode(&args); err != nil {
			return nil, err
		}
		return f(ctx, args)
	}
}

func powerOff(context.Context, none) (none, error) {
	go PowerOff()
	return none{}, nil
}
