package verify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// Options says with what to verify.
type Options struct {
	Provider vms.Provider
	Agent    string // path of the guest agent's binary
	Dir      string // the result directory, which exists
	Jobs     int    // kernels at one time; 0 means one a core
	Attach   bool   // attach each program too
	BTF      []byte // of the kernels, for those that have none of their own; see ReadBTF
	OnResult func(Result)
}

// Run verifies all programs of the objects on all kernels. Results are in the
// order of kernels, objects and programs. What a kernel does to one program costs
// no other: after a crash the next begins in a new machine.
func Run(ctx context.Context, objects []*Object, kernels []kernel.Image, o Options) []Result {
	all := make([][]Result, len(kernels))
	var group errgroup.Group
	group.SetLimit(max(1, jobs(o.Jobs)))
	results := make(chan Result)
	told := make(chan struct{})
	go func() {
		defer close(told)
		for r := range results {
			if o.OnResult != nil {
				o.OnResult(r)
			}
		}
	}()
	for i, k := range kernels {
		group.Go(func() error {
			w := worker{Options: o, kernel: k, index: i, memory: memoryFor(objects), results: results}
			all[i] = w.run(ctx, objects)
			return nil
		})
	}
	group.Wait()
	close(results)
	<-told
	var flat []Result
	for _, some := range all {
		flat = append(flat, some...)
	}
	explain(flat, objects, kernels)
	return flat
}

func jobs(wanted int) int {
	if wanted > 0 {
		return wanted
	}
	return runtime.NumCPU()
}

// worker verifies on one kernel.
type worker struct {
	Options
	kernel  kernel.Image
	index   int
	memory  int64 // of its machines, in bytes
	results chan<- Result

	machines int // started so far
	session  *session.Session
	done     func()  // ends the session and its machine
	opened   *Object // in the session
}

func (w *worker) run(ctx context.Context, objects []*Object) []Result {
	defer w.leave()
	var out []Result
	for _, o := range objects {
		for _, p := range o.Programs {
			r := w.verify(ctx, o, p)
			out = append(out, r)
			w.results <- r
		}
	}
	return out
}

// verify asks the kernel about one program. A machine that dies is the program's
// doing if it answered before.
func (w *worker) verify(ctx context.Context, o *Object, p Program) Result {
	r := Result{Object: o.Name, Program: p.Name, Section: p.Section, Type: p.Type, Kernel: w.kernel.Selector, SHA256: w.kernel.SHA256, Release: w.kernel.Release}
	if err := w.ready(ctx, o); err != nil {
		r.Infra = err.Error()
		w.leave()
		return r
	}
	r.Release = w.session.Ready.Release
	var answer wire.VerifyResult
	var log bytes.Buffer
	err := w.session.Call(ctx, wire.OpVerify, wire.Verify{Program: p.Name, Attach: w.Attach}, &answer, wire.IO{Stdout: &log})
	var fault *wire.Fault
	var crash *vms.Crash
	switch {
	case err == nil:
		w.take(&r, answer, log.String())
	case ctx.Err() != nil:
		r.Infra = "interrupted"
	case errors.As(err, &fault):
		r.Infra = fault.Msg
	case errors.As(err, &crash):
		r.Stage, r.Reason = stageCrash, &Reason{Code: "crash", Text: crash.Error()}
		w.keep(&r, crash.Splat)
		w.leave()
	default:
		r.Infra = err.Error()
		w.leave()
	}
	return r
}

// stageCrash is a program that killed its kernel.
const stageCrash = "crash"

// take notes what the kernel said.
func (w *worker) take(r *Result, a wire.VerifyResult, log string) {
	r.Accepted, r.Stage, r.Errno, r.Load, r.JitedLen, r.XlatedLen = a.Accepted, a.Stage, a.Errno, a.Seconds, a.JitedLen, a.XlatedLen
	r.measure(log)
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
	name := filepath.Join("logs", fmt.Sprintf("%03d-%s", w.index, plain(w.kernel.Series)), plain(r.Object)+"."+plain(r.Program)+".log")
	path := filepath.Join(w.Dir, name)
	if os.MkdirAll(filepath.Dir(path), 0o755) == nil && os.WriteFile(path, []byte(log), 0o644) == nil {
		r.Log = name
	}
}

// plain is a name as part of a file's.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`/\:*?"<>|`, r) || r < ' ' {
			return '-'
		}
		return r
	}, name)
}

// ready sees to a machine with the object open.
func (w *worker) ready(ctx context.Context, o *Object) error {
	if w.session == nil {
		if err := w.start(ctx); err != nil {
			return err
		}
	}
	if w.opened == o {
		return nil
	}
	var res wire.OpenResult
	if err := w.session.Call(ctx, wire.OpOpen, nil, &res, wire.IO{In: bytes.NewReader(o.ELF)}); err != nil {
		return fmt.Errorf("send %s to the machine: %w", o.Name, err)
	}
	w.opened = o
	return nil
}

// Memory of a machine, in bytes: the verifier takes much for a million instructions,
// and what reads an object some times its size. It comes in steps, because machines of
// one size are forked from one another.
const (
	memoryStep = 512 << 20
	largeELF   = 8 << 20
	ofItsSize  = 12
)

func memoryFor(objects []*Object) int64 {
	largest := 0
	for _, o := range objects {
		largest = max(largest, len(o.ELF))
	}
	if largest <= largeELF {
		return memoryStep
	}
	return memoryStep * (1 + (int64(largest)*ofItsSize+memoryStep-1)/memoryStep)
}

func (w *worker) start(ctx context.Context) error {
	dir := filepath.Join(w.Dir, "machines", fmt.Sprintf("%03d-%s-%d", w.index, plain(w.kernel.Series), w.machines))
	w.machines++
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	s, done, err := session.Start(ctx, w.Provider, vms.Spec{Kernel: w.kernel, Agent: w.Agent, Memory: w.memory, Dir: dir})
	if err != nil {
		return err
	}
	w.session, w.done, w.opened = s, done, nil
	if len(w.BTF) == 0 {
		return nil
	}
	if err := s.Call(ctx, wire.OpTypes, nil, nil, wire.IO{In: bytes.NewReader(w.BTF)}); err != nil {
		return fmt.Errorf("send BTF to the machine: %w", err)
	}
	return nil
}

// leave closes the machine, if there is one.
func (w *worker) leave() {
	if w.session != nil {
		w.done()
	}
	w.session, w.opened = nil, nil
}
