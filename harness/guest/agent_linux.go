package guest

import (
	"context"

	"github.com/bpflab/bpflab/vms/wire"
)

// agent is what one machine holds between calls.
type agent struct {
	procs   starter
	running running
	roots   roots
	groups  groups
	loader  loader
	loaded  loaded
	opened  opened
	trace   traceTap
	taps    eventTaps
	net     network
	runs    runCounter
	log     *logReader // which stays open
	shared  bool       // others use the kernel too
}

func newAgent(procs starter) *agent {
	return &agent{procs: procs, log: openLog(), taps: eventTaps{byMap: map[string]*eventTap{}}}
}

// handlers returns what answers each call.
func (a *agent) handlers() map[string]wire.Handler {
	return map[string]wire.Handler{
		wire.OpPut:      a.put,
		wire.OpUnpack:   a.unpack,
		wire.OpPack:     a.pack,
		wire.OpExec:     a.exec,
		wire.OpSignal:   handle(a.signal),
		wire.OpResize:   handle(a.resize),
		wire.OpConfig:   handle(readConfig),
		wire.OpLoad:     a.load,
		wire.OpAttach:   handle(a.attach),
		wire.OpUnload:   handle(a.unload),
		wire.OpTrace:    handle(a.traceStart),
		wire.OpLines:    handle(a.traceLines),
		wire.OpUntrace:  handle(a.traceEnd),
		wire.OpFollow:   a.traceFollow,
		wire.OpHealth:   handle(a.health),
		wire.OpQuiet:    handle(a.quiet),
		wire.OpMap:      handle(a.readMap),
		wire.OpWatch:    handle(a.watch),
		wire.OpEvents:   handle(a.events),
		wire.OpNet:      handle(a.netOn),
		wire.OpNetOff:   handle(a.netOff),
		wire.OpSend:     handle(a.sendPackets),
		wire.OpTestRun:  a.testRun,
		wire.OpCount:    handle(a.countRuns),
		wire.OpRuns:     handle(a.readRuns),
		wire.OpProbe:    handle(a.probe),
		wire.OpOpen:     a.open,
		wire.OpTypes:    a.types,
		wire.OpVerify:   a.verify,
		wire.OpExpect:   a.expect,
		wire.OpFeatures: handle(a.features),
		wire.OpMark:     handle(a.mark),
		wire.OpPower:    handle(a.powerOff),
	}
}

// close undoes what calls left behind.
func (a *agent) close() {
	a.taps.close()
	a.trace.close()
	a.runs.close()
	a.loaded.close()
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

func (a *agent) powerOff(context.Context, none) (none, error) {
	if a.shared {
		return none{}, refused(wire.OpPower, "this machine is a process, and its power switch is that of the host it runs on")
	}
	go PowerOff()
	return none{}, nil
}
