package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/object"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// Options configures a verification.
type Options struct {
	Pool     *scheduler.Pool
	Attach   bool              // attach each program too
	Profile  bool              // count the instructions that were processed of accepted programs
	BTF      []byte            // of the kernels, for those that have none of their own; see ReadBTF
	Loader   string            // one of Loaders; "" is Cilium
	Optional bool              // load programs of optional sections, SEC("?…"), too
	MapSizes map[string]uint32 // max_entries, by map
	Targets  map[string]string // functions to attach to, by program
	Expect   bool              // judge programs by their annotations, see Annotate; cilium/ebpf loads them
	OnResult func(Result)

	kernel kernel.Image // of a queue, whose version selects annotations
}

// Run verifies all programs of the objects on all kernels. Results are in the
// order of kernels, objects and programs; an object that was not read has one of its own,
// without a program. A crash or a warning affects only the program
// that caused it: the next one begins in a new machine.
func Run(ctx context.Context, objects []*Object, kernels []kernel.Image, o Options) []Result {
	var tasks []scheduler.Task
	var asking []*worker
	var mu sync.Mutex
	queues := make([]*queue, len(kernels))
	for i, k := range kernels {
		own := o.loaderFor(k.Arch)
		own.kernel = k
		queues[i] = newQueue(objectsFor(objects, k.Arch), own)
		for n := range queues[i].machines(o.Pool, len(kernels)) {
			w := &worker{Options: own, reporting: &mu, kernel: k, index: i, number: n, queue: queues[i]}
			asking, tasks = append(asking, w), append(tasks, w.machine(memoryFor(objects)))
		}
	}
	if len(tasks) > 0 {
		o.Pool.Each(ctx, tasks, func(i int, slot *scheduler.Slot) { asking[i].run(ctx, slot) })
	}
	var flat []Result
	for i, k := range kernels {
		rest := &worker{Options: o.loaderFor(k.Arch), reporting: &mu, kernel: k, index: i, queue: queues[i]}
		rest.giveUp(ctx)
		flat = append(flat, queues[i].inOrder()...)
	}
	if o.Loader == Auto || o.Loader == Either {
		markUnbuilt(flat, withoutLibbpf)
	}
	return markSince(keepBetter(flat), kernels)
}

// worker verifies on one kernel, in one machine at a time.
type worker struct {
	Options
	reporting *sync.Mutex // of all workers' OnResult
	kernel    kernel.Image
	index     int // of the kernel
	number    int // among the kernel's workers
	queue     *queue
	pending   []pending // taken from the queue

	session  *session.Session
	opened   *Object              // in the session
	alone    string               // the only program of the opened object, "" if it has all
	spec     *ebpf.CollectionSpec // of the opened object, for profiles
	prepared []string             // of the opened object
	libbpf   *libbpfLoader        // in the session
}

// unaskedOf returns the result of a program, or of an object that was not read, if no
// kernel is asked about it.
func (w *worker) unaskedOf(p pending) (Result, bool) { return w.Options.unaskedOf(p, w.result(p)) }

// unaskedOf returns the result, of which the program is known, and whether no kernel is asked
// about it.
func (o Options) unaskedOf(p pending, r Result) (Result, bool) {
	if p.test != nil && p.test.Skip != "" {
		r.Verdict, r.Reason = Unsupported, &Reason{Code: "skipped", Text: p.test.Skip}
		return r, true
	}
	if p.object.unread == nil {
		return o.unasked(r, p.program.refused)
	}
	reason := p.object.unread.reason
	r.Unread, r.Verdict, r.Reason = true, p.object.unread.verdict, &reason
	return r, true
}

// machine asks for the worker's machines.
func (w *worker) machine(memory int64) scheduler.Task {
	of := fmt.Sprintf("%03d-%s", w.index, plain(w.kernel.Series))
	if w.number > 0 {
		of += fmt.Sprintf("-beside%d", w.number)
	}
	return scheduler.Task{Class: "verify", Machine: vms.Spec{Kernel: w.kernel, Memory: memory}, Dir: func(n int) string {
		return filepath.Join("machines", fmt.Sprintf("%s-%d", of, n-1))
	}}
}

// run verifies what is in the queue, and says of programs that its machines failed why.
func (w *worker) run(ctx context.Context, slot *scheduler.Slot) {
	if slot == nil || !w.more() {
		return
	}
	if err := slot.Do(ctx, w.drain, nil); err != nil {
		w.queue.fail(err)
		w.failed(ctx, err)
	}
}

// giveUp says of all programs that are left in the queue why no machine verified them.
func (w *worker) giveUp(ctx context.Context) {
	for w.more() {
		w.failed(ctx, w.queue.failure())
	}
}

// failed says of the programs that the worker has taken why they could not be verified.
func (w *worker) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	for _, p := range w.pending {
		r, unasked := w.unaskedOf(p)
		switch {
		case unasked:
		case errors.As(err, new(*vms.UnsupportedError)):
			r.Verdict, r.Reason = Unsupported, &Reason{Code: "variant", Text: err.Error()}
		default:
			r.Infra = err.Error()
		}
		w.done(p, r)
	}
	w.pending = nil
}

// more takes the next programs from the queue, and reports whether there are any.
func (w *worker) more() bool {
	w.pending = w.queue.next()
	return len(w.pending) > 0
}

// drain verifies programs in one machine, until the queue is empty or the machine is lost. A
// program whose machine failed is tried again in another one, as often as the pool
// retries; one that killed its kernel has its result.
func (w *worker) drain(ctx context.Context, a *scheduler.Attempt) error {
	if err := w.begin(ctx, a.Session); err != nil {
		return err
	}
	defer func() { w.libbpf.remove(context.WithoutCancel(ctx)) }()
	for len(w.pending) > 0 || w.more() {
		p := &w.pending[0]
		r, lost, err := w.verify(ctx, *p)
		if err != nil && ctx.Err() != nil {
			return err
		}
		if errors.As(err, new(*contentError)) {
			r.Infra, lost, err = err.Error(), false, nil
		}
		if err != nil && p.failed < w.Pool.Retries {
			p.failed++
			return scheduler.Another(err)
		}
		if err != nil {
			r.Infra = err.Error()
		}
		w.finish(r)
		if lost && (len(w.pending) > 0 || w.more()) {
			return scheduler.Another(fmt.Errorf("%s ended it", r.Program))
		}
	}
	return nil
}

// finish records the result of the first pending program, and leaves it to the other loader
// if that is to try it too.
func (w *worker) finish(r Result) {
	p := w.pending[0]
	w.pending = w.pending[1:]
	if other, ok := w.Options.second(p, r, w.kernel); ok {
		w.pending = slices.Insert(w.pending, 0, other)
	}
	w.done(p, r)
}

// begin prepares a new machine.
func (w *worker) begin(ctx context.Context, s *session.Session) error {
	w.session, w.opened, w.alone, w.libbpf = s, nil, "", newLibbpfLoader(s, w.BTF)
	if len(w.BTF) == 0 {
		return nil
	}
	if err := s.Call(ctx, wire.OpTypes, nil, nil, wire.IO{In: bytes.NewReader(w.BTF)}); err != nil {
		return fmt.Errorf("send BTF to the machine: %w", err)
	}
	return nil
}

// done explains a result and records it. What is needed of the verifier's log is kept, for
// some are many megabytes.
func (w *worker) done(p pending, r Result) {
	r.explain(p.program, w.kernel)
	r.settle()
	r.judge(p)
	r.end, r.log = lastWords(r.log), ""
	w.queue.put(p, r)
	if w.OnResult != nil {
		w.reporting.Lock()
		defer w.reporting.Unlock()
		w.OnResult(r)
	}
}

// result returns the empty result of a program.
func (w *worker) result(p pending) Result {
	r := p.result()
	r.Kernel, r.SHA256, r.Release, r.Arch = w.kernel.Selector, w.kernel.SHA256, w.kernel.Release, string(w.kernel.Arch.OrZero())
	if p.loader == Cilium {
		r.LoaderVersion = ciliumVersion()
	}
	return r
}

// verify has the kernel verify one program. lost reports whether the machine must not be
// used again; the error is the machine's, and says nothing about the program.
func (w *worker) verify(ctx context.Context, p pending) (r Result, lost bool, err error) {
	r, unasked := w.unaskedOf(p)
	r.Release = w.session.Ready.Release
	if unasked {
		return r, false, nil
	}
	if p.loader == Libbpf {
		lost, err = w.verifyLibbpf(ctx, p, &r)
		return r, lost, err
	}
	if err := w.open(ctx, p.object, p.program); err != nil {
		return r, true, err
	}
	if p.test != nil {
		lost, err = w.expect(ctx, p, &r)
		return r, lost, err
	}
	var answer wire.VerifyResult
	var log, counts bytes.Buffer
	err = w.session.Call(ctx, wire.OpVerify, wire.Verify{Program: p.program.Name, Attach: w.Attach, Target: w.Targets[p.program.Name], Profile: w.Profile}, &answer, wire.IO{Stdout: &log, Stderr: &counts})
	lost, err = w.called(&r, err, func() {
		r.Prepared = append(r.Prepared, w.prepared...)
		w.take(&r, answer, log.String())
		if w.Profile && r.Accepted {
			r.Profile = readProfile(counts.Bytes(), w.spec.Programs[p.program.Name], r.Insns)
		}
	})
	return r, lost, err
}

// called records what came of a call about a program: its answer, by take, or what the error of
// the call means.
func (w *worker) called(r *Result, err error, take func()) (lost bool, _ error) {
	var fault *wire.Fault
	switch {
	case err == nil:
		take()
		return w.judgeConsole(r), nil
	case errors.As(err, &fault):
		r.Infra = fault.Msg
		return false, nil
	case session.CausedByGuest(err, false):
		w.judgeEnd(r, err)
		return true, nil
	}
	return true, err
}

// Stages of a failure that are not in the kernel's answer.
const (
	stageCrash   = "crash"   // the kernel died
	stageStream  = "stream"  // something in the machine broke the stream of bpflab's agent
	stageWarning = "warning" // the kernel reported an error that it survived
)

// judgeEnd makes a failure of a program that ended its machine.
func (w *worker) judgeEnd(r *Result, err error) {
	var crash *vms.Crash
	if errors.As(err, &crash) {
		r.Stage, r.Reason = stageCrash, &Reason{Code: "crash", Text: crash.Error()}
		w.keep(r, crash.Splat)
		return
	}
	r.Stage, r.Reason = stageStream, &Reason{Code: "broken_stream", Text: "bytes that bpflab's agent did not send came on its stream: " + err.Error()}
}

// judgeConsole makes a failure of a program at which the kernel reported an error, and
// reports whether it did. The machine is then not used again, so that later effects of the
// program are not charged to the next one, and because kernels print some reports only
// once.
func (w *worker) judgeConsole(r *Result) bool {
	splats := w.session.LastSplats(nil)
	r.Warning = strings.Join(append(nonEmpty(r.Warning), splats.Allowed...), "\n")
	if splats.Unexpected == "" {
		return false
	}
	r.Accepted, r.Verdict, r.Stage, r.Reason = false, "", stageWarning, &Reason{Code: "kernel_warning", Text: splats.Reason()}
	w.keep(r, splats.Unexpected)
	return true
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// take records the kernel's answer.
func (w *worker) take(r *Result, a wire.VerifyResult, log string) {
	r.Accepted, r.Stage, r.Errno, r.Load, r.JitedLen, r.XlatedLen = a.Accepted, a.Stage, a.Errno, a.Seconds, a.JitedLen, a.XlatedLen
	r.measure(log)
	if a.Unattached != "" {
		r.Warning = notAttached + a.Unattached
	}
	if !a.Accepted {
		text := a.Message
		if a.Subject != "" {
			text = "map " + a.Subject + ": " + text
		}
		r.Reason = &Reason{Text: text}
	}
	w.keep(r, log)
}

// keep writes the verifier's log, or a kernel's last words, beside the results.
func (w *worker) keep(r *Result, log string) {
	r.log = log
	if strings.TrimSpace(log) == "" {
		return
	}
	name := filepath.Join("logs", fmt.Sprintf("%03d-%s", w.index, plain(w.kernel.Series)), logName(r))
	path := filepath.Join(w.Pool.Dir, name)
	if os.MkdirAll(filepath.Dir(path), 0o755) == nil && os.WriteFile(path, []byte(log), 0o644) == nil {
		r.Log = name
	}
}

// logName returns the name of a result's log.
func logName(r *Result) string {
	name := plain(r.Object) + "." + plain(r.Program)
	if r.Preset != "" {
		name += "." + r.Preset
	}
	if r.Loader == Libbpf {
		name += "." + Libbpf
	}
	return name + ".log"
}

// plain returns a name as it can be part of a file name.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '-'
		}
		return r
	}, name)
}

// open makes sure that the object is open in the machine, or the program alone if
// cilium/ebpf does not read the others.
func (w *worker) open(ctx context.Context, o *Object, p Program) error {
	alone := ""
	if p.alone {
		alone = p.Name
	}
	if w.opened == o && w.alone == alone {
		return nil
	}
	elf, err := o.content()
	if err == nil && p.alone {
		elf, err = object.Alone(elf, p.Name)
	}
	if err != nil {
		return err
	}
	if w.Profile {
		if w.spec, err = object.Read(elf); err != nil {
			return err
		}
	}
	var res wire.OpenResult
	if err := w.session.Call(ctx, wire.OpOpen, wire.Open{MapSizes: w.MapSizes}, &res, wire.IO{In: bytes.NewReader(elf)}); err != nil {
		return fmt.Errorf("send %s to the machine: %w", o.Name, err)
	}
	w.opened, w.alone, w.prepared = o, alone, res.Prepared
	if p.alone {
		w.prepared = append(w.prepared, "each program was loaded without the others, for cilium/ebpf does not read the object as a whole: "+o.Refused)
	}
	return nil
}

// Memory of a machine, in bytes: the verifier needs much for a million instructions, and
// reading an object needs several times its size. It is rounded to steps, because only
// machines of the same size share a template.
const (
	memoryStep = 512 << 20
	largeELF   = 8 << 20
	ofItsSize  = 12
)

func memoryFor(objects []*Object) int64 {
	largest := 0
	for _, o := range objects {
		largest = max(largest, o.size())
	}
	if largest <= largeELF {
		return memoryStep
	}
	return memoryStep * (1 + (int64(largest)*ofItsSize+memoryStep-1)/memoryStep)
}
