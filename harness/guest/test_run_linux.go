package guest

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"
	"unsafe"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

const (
	// roomToGrow is by how many bytes a program may make a packet longer. Kernels before 5.0
	// write past a buffer that is too small.
	roomToGrow = 8 << 10
	// roomForContext is more than the kernel's contexts have.
	roomForContext = 4 << 10
	// errnoNotSupported is the kernel's own ENOTSUPP (include/linux/errno.h), with which it
	// refuses to run programs of a type.
	errnoNotSupported = unix.Errno(524)
)

// testRun runs a loaded program on packets.
func (a *agent) testRun(ctx context.Context, req *wire.Request) (any, error) {
	var args wire.TestRun
	if err := req.Decode(&args); err != nil {
		return nil, err
	}
	program, err := a.loaded.clone(args.Program)
	if err != nil {
		return nil, err
	}
	defer program.Close()
	out := bufio.NewWriterSize(req.Output(wire.Stdout), 32<<10)
	run := testRunner{args: args, fd: program.FD()}
	res, err := run.all(ctx, bufio.NewReaderSize(req.Data(), 32<<10), out)
	return res, errors.Join(err, out.Flush())
}

// clone returns a handle of a loaded program of its own: a program that does not end must not
// keep the others from being unloaded.
func (o *loaded) clone(name string) (*ebpf.Program, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.programs[name] == nil {
		return nil, fmt.Errorf("no program %q is loaded", name)
	}
	return o.programs[name].Clone()
}

// testRunner runs a program on one packet after the other.
type testRunner struct {
	args wire.TestRun
	fd   int
	out  []byte // room for packets
	res  wire.TestRunsResult
}

// all runs the program on all packets, until ctx ends.
func (r *testRunner) all(ctx context.Context, in io.Reader, out io.Writer) (wire.TestRunsResult, error) {
	defer interruptible(ctx)()
	var record []byte
	for ctx.Err() == nil && r.res.Ran < max(1, r.args.Packets) {
		var packet []byte
		if r.args.Packets > 0 {
			var err error
			if packet, err = wire.ReadPacket(in); err != nil {
				return r.res, err
			}
		}
		ran := r.one(packet)
		record = ran.Append(record[:0])
		if _, err := out.Write(record); err != nil {
			return r.res, err
		}
		r.res.Ran++
	}
	return r.res, ctx.Err()
}

// one runs the program on one packet.
func (r *testRunner) one(packet []byte) wire.Ran {
	run := probe.TestRun{FD: r.fd, Data: packet, Repeat: uint32(r.args.Repeat), Context: slices.Clone(r.args.Context)}
	if r.args.LengthAt > 0 && r.args.LengthAt+4 <= len(run.Context) {
		binary.NativeEndian.PutUint32(run.Context[r.args.LengthAt:], uint32(len(packet)))
	}
	if len(packet) > 0 && !r.args.Bare {
		if need := len(packet) + roomToGrow; len(r.out) < need {
			r.out = make([]byte, need)
		}
		run.Out = r.out
	}
	if r.args.After && !r.args.InPlace {
		run.ContextOut = make([]byte, roomForContext)
	}
	ran, errno := run.Do()
	if errno != 0 {
		return wire.Ran{Error: r.failed(errno)}
	}
	if r.args.After {
		r.res.Context = run.Context
		if !r.args.InPlace {
			r.res.Context = run.ContextOut[:min(ran.ContextSize, len(run.ContextOut))]
		}
	}
	return outcomeOf(packet, run.Out, ran)
}

func outcomeOf(packet, room []byte, ran probe.TestRan) wire.Ran {
	out := room[:min(ran.OutSize, len(room))]
	if bytes.Equal(out, packet) {
		return wire.Ran{Returned: ran.Returned, Same: true}
	}
	return wire.Ran{Returned: ran.Returned, Out: out}
}

// failed notes an error number and returns it.
func (r *testRunner) failed(errno unix.Errno) uint16 {
	known := func(e wire.RunError) bool { return e.Number == uint16(errno) }
	if !slices.ContainsFunc(r.res.Errors, known) {
		e := wire.RunError{Number: uint16(errno), Name: unix.ErrnoName(errno), Text: errno.Error()}
		if errno == errnoNotSupported || errno == unix.EOPNOTSUPP {
			e.Name, e.Text, e.Lacking = "ENOTSUPP", "the kernel runs no programs of this type", true
		}
		r.res.Errors = append(r.res.Errors, e)
	}
	return uint16(errno)
}

// interruptible keeps the caller on a thread that takes no signal but one, which it gets, again
// and again, once ctx has ended: the kernel looks for signals between the runs of a program that
// it repeats (before 5.13 after the only run, too), and gives up. The caller calls what it
// returns when it is done.
func interruptible(ctx context.Context) (done func()) {
	runtime.LockOSThread()
	var most, before unix.Sigset_t
	for i := range most.Val {
		most.Val[i] = ^most.Val[i]
	}
	const urgent, bits = int(unix.SIGURG) - 1, 8 * int(unsafe.Sizeof(most.Val[0]))
	most.Val[urgent/bits] &^= 1 << (urgent % bits)
	unix.PthreadSigmask(unix.SIG_SETMASK, &most, &before)
	pid, tid, over := unix.Getpid(), unix.Gettid(), make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		select {
		case <-over:
			return
		case <-ctx.Done():
		}
		for {
			unix.Tgkill(pid, tid, unix.SIGURG) // which Go's runtime takes for one of its own
			select {
			case <-over:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() {
		close(over)
		<-ended
		unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
		runtime.UnlockOSThread()
	}
}
