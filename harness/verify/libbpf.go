package verify

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/libbpf"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

// libbpfLoader is the libbpf loader in one machine.
type libbpfLoader struct {
	session *session.Session
	prefix  string         // of its files in the machine
	ready   bool           // the loader itself is there
	placed  *Object        // the object that is there
	btf     []byte         // the kernel's types, for kernels that have none
	process *libbpfProcess // nil while it does not run
}

func newLibbpfLoader(s *session.Session, btf []byte) *libbpfLoader {
	var id [8]byte
	rand.Read(id[:])
	return &libbpfLoader{session: s, prefix: "/tmp/bpflab-" + hex.EncodeToString(id[:]), btf: btf}
}

func (l *libbpfLoader) program() string { return l.prefix + "-loader" }
func (l *libbpfLoader) object() string  { return l.prefix + ".o" }
func (l *libbpfLoader) types() string   { return l.prefix + ".btf" }

// place makes sure that the loader and the object are in the machine.
func (l *libbpfLoader) place(ctx context.Context, o *Object) error {
	if !l.ready {
		program, err := libbpf.Program()
		if err != nil {
			return err
		}
		if err := l.put(ctx, l.program(), program); err != nil {
			return err
		}
		if len(l.btf) > 0 {
			if err := l.put(ctx, l.types(), l.btf); err != nil {
				return err
			}
		}
		l.ready = true
	}
	if l.placed == o {
		return nil
	}
	l.placed = nil
	elf, err := o.content()
	if err != nil {
		return err
	}
	if err := l.put(ctx, l.object(), elf); err != nil {
		return err
	}
	l.placed = o
	return nil
}

func (l *libbpfLoader) put(ctx context.Context, path string, text []byte) error {
	if err := l.session.Put(ctx, path, 0o700, bytes.NewReader(text), int64(len(text)), nil); err != nil {
		return fmt.Errorf("send %s to the machine: %w", path, err)
	}
	return nil
}

// remove removes the loader's files from the machine.
func (l *libbpfLoader) remove(ctx context.Context) {
	if l == nil || !l.ready {
		return
	}
	if l.process != nil {
		l.process.end()
	}
	l.session.Call(ctx, wire.OpExec, wire.Exec{Argv: []string{l.program(), "remove", l.object(), l.types(), l.program()}}, nil, wire.IO{})
}

// run runs the loader on one program. crash says how it ended if it gave no answer.
func (l *libbpfLoader) run(ctx context.Context, t libbpf.Task) (a libbpf.Answer, crash string, err error) {
	t.Object = l.object()
	if len(l.btf) > 0 {
		t.BTF = l.types()
	}
	if l.process == nil || l.process.over() {
		l.process = startLibbpf(ctx, l.session, l.program())
	}
	out, err := l.process.do(ctx, t)
	if err != nil {
		return a, "", err
	}
	text := bytes.ReplaceAll(out.Text, []byte(l.object()), []byte(l.placed.Name))
	a, err = libbpf.Read(text)
	if err == nil && out.Exit == 0 && out.Signal == "" {
		return a, "", nil
	}
	return a, ended(out, string(text)), nil
}

// ended says how the loader ended without an answer. said is what it wrote.
func ended(out libbpf.Output, said string) string {
	how := fmt.Sprintf("exit status %d", out.Exit)
	switch {
	case out.Signal == "SIGKILL":
		how = "SIGKILL: probably the machine had too little memory"
	case out.Signal != "":
		how = out.Signal
	}
	if said = strings.TrimSpace(said); said != "" && said[0] != '{' {
		how += ": " + said
	}
	return "libbpf's loader gave no answer, and ended with " + how
}

// verifyLibbpf has libbpf load one program. It returns what verify does.
func (w *worker) verifyLibbpf(ctx context.Context, p pending, r *Result) (lost bool, err error) {
	if err := w.libbpf.place(ctx, p.object); err != nil {
		return true, err
	}
	task := libbpf.Task{Program: p.program.Name, Attach: w.Attach, Target: w.Targets[p.program.Name], MapSizes: w.MapSizes}
	a, crash, err := w.libbpf.run(ctx, task)
	switch {
	case err != nil && session.CausedByGuest(err, false):
		w.judgeEnd(r, err)
		return true, nil
	case err != nil:
		var fault *wire.Fault
		if errors.As(err, &fault) {
			r.Infra = fault.Msg
			return false, nil
		}
		return true, err
	case crash != "":
		r.Verdict, r.Stage, r.Reason = ByLoader, stageLoader, &Reason{Code: "loader_crash", Text: crash, Fix: "this is a defect of libbpf, or the object is damaged"}
		return w.judgeConsole(r), nil
	case a.Stage == libbpf.StageLoad && a.Errno == "ENOMEM":
		return true, fmt.Errorf("%w to load program %s with libbpf", vms.ErrMemory, p.program.Name)
	}
	w.takeLibbpf(r, a)
	return w.judgeConsole(r), nil
}

// stageLoader is where a program ends whose loader crashed.
const stageLoader = "loader"

// takeLibbpf records the loader's answer.
func (w *worker) takeLibbpf(r *Result, a libbpf.Answer) {
	r.LoaderVersion, r.Errno, r.Load, r.JitedLen, r.XlatedLen = a.Version, a.Errno, a.Seconds, a.Jited, a.Xlated
	if a.Type != 0 {
		r.Type = ebpf.ProgramType(a.Type).String()
	}
	for _, p := range a.Prepared {
		r.Prepared = append(r.Prepared, p.String())
	}
	r.measure(a.Log)
	w.keep(r, a.Log)
	if r.Accepted = a.Stage == ""; r.Accepted && w.Profile {
		r.Profile = &Profile{Processed: r.Insns, Partial: "the libbpf loader keeps no log of an accepted program's instructions: --loader cilium does"}
	}
	if !r.Accepted {
		r.Stage, r.Verdict, r.Reason = refusal(a)
		r.refused = a.MapSpec
		return
	}
	switch a.Attached {
	case "unsupported":
		r.Errno, r.Warning = "", notAttached+"libbpf does not attach programs of section "+a.Section+" by itself"
	case "no":
		r.Accepted, r.Stage = false, wire.StageAttach
		r.Reason = &Reason{Text: cmp.Or(strings.Join(a.Said(), "; "), a.Errno)}
	}
}
