package main

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/vms/wire"
)

// openWorkshop opens a workshop as the command does, with the agent of the test's own
// build.
func openWorkshop(t *testing.T, change func(*workshopFlags)) *workshop.Workshop {
	t.Helper()
	needVMs(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("BPFLAB_AGENT", path)
	var f workshopFlags
	f.command() // sets the flags' defaults
	f.dir = t.TempDir()
	if change != nil {
		change(&f)
	}
	w, done, err := f.open(context.Background(), streams{err: io.Discard})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(done)
	return w
}

func openWorkspace(t *testing.T, w *workshop.Workshop, student, lab string) *workshop.Workspace {
	t.Helper()
	s, err := w.Student(student)
	if err != nil {
		t.Fatal(err)
	}
	ws, err := s.Workspace(lab)
	if err != nil {
		t.Fatal(err)
	}
	return ws
}

func checked(t *testing.T, ws *workshop.Workspace, step string) *workshop.Report {
	t.Helper()
	r, err := ws.Check(context.Background(), step)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %s at %s after %.2f s", r.Step, r.Verdict, r.Stage, r.Seconds)
	return r
}

func save(t *testing.T, ws *workshop.Workspace, code string) {
	t.Helper()
	if _, err := ws.Save(code, ws.Code().Revision); err != nil {
		t.Fatal(err)
	}
}

const watchLs = "watch-ls-from-inside-the-kernel"

// TestWorkshopStep takes a student through the first step: the starter fails, errors of
// clang and of the verifier are shown at their lines, and the solution passes.
func TestWorkshopStep(t *testing.T) {
	ws := openWorkspace(t, openWorkshop(t, nil), "ada", "hello")
	if r := checked(t, ws, ""); r.Passed() || r.Stage != workshop.StageCheck {
		t.Fatalf("the starter: %+v", r)
	}
	starter, solution := ws.Code().Text, string(ws.Lesson.Solution)
	save(t, ws, strings.Replace(solution, "return 0;", "retrun 0;", 1))
	r := checked(t, ws, "")
	if r.Stage != workshop.StageBuild || len(r.Problems) == 0 || r.Problems[0].Line == 0 || r.Problems[0].File != "hello.bpf.c" {
		t.Errorf("C that does not compile: %+v", r)
	}
	save(t, ws, strings.Replace(solution, "return 0;", "return *(int *)(long)bpf_get_prandom_u32();", 1))
	r = checked(t, ws, "")
	want := 1 + strings.Count(solution[:strings.Index(solution, "return 0;")], "\n")
	if r.Stage != workshop.StageLoad || len(r.Problems) != 1 || r.Problems[0].Line != want || r.Problems[0].Explanation == "" {
		t.Errorf("a program that the verifier rejects, at line %d: %+v", want, r)
	}
	save(t, ws, solution)
	if r := checked(t, ws, ""); !r.Passed() {
		t.Errorf("the solution: %+v", r)
	}
	v := ws.View()
	if v.Steps[watchLs].Done.IsZero() || v.Steps[watchLs].Attempts != 4 || v.Machine.Phase != workshop.PhaseReady {
		t.Errorf("the workspace: %+v", v)
	}
	if r, err := ws.Compare(context.Background(), "5.10", watchLs); err != nil || !r.Passed() || !strings.HasPrefix(r.Release, "5.10.") {
		t.Errorf("on 5.10: %+v %v", r, err)
	}
	if err := ws.Reset(context.Background(), true); err != nil || ws.Code().Text != starter {
		t.Errorf("reset: %v", err)
	}
}

// TestWorkshopMistakes makes common mistakes, each of which the report names.
func TestWorkshopMistakes(t *testing.T) {
	w := openWorkshop(t, nil)
	for _, c := range []struct{ name, lab, step, old, new, want string }{
		{"section of no type", "hello", watchLs, `SEC("kprobe/sys_getdents64")`, `SEC("kprob/sys_getdents64")`, "names no type of program"},
		{"no section", "hello", watchLs, `SEC("kprobe/sys_getdents64")`, ``, "the function hello exists but is not a program"},
		{"no target", "hello", watchLs, `SEC("kprobe/sys_getdents64")`, `SEC("kprobe")`, "does not say where"},
		{"wrong function", "hello", watchLs, `SEC("kprobe/sys_getdents64")`, `SEC("kprobe/sys_getdents65")`, "no function sys_getdents65"},
		{"mistyped function", "hello", watchLs, `SEC("kprobe/sys_getdents64")`, `SEC("kprobe/sys_getdent64")`, "there is sys_getdents64"},
		{"mistyped tracepoint", "tracepoints", "print-the-name-of-the-file", `SEC("tracepoint/syscalls/sys_enter_openat")`, `SEC("tracepoint/syscall/sys_enter_openat")`, "there is syscalls/sys_enter_openat,"},
		{"mistyped hook", "lsm", "a-file-that-stays", `SEC("lsm/inode_unlink")`, `SEC("lsm/inode_unlnk")`, "there is inode_unlink"},
		{"mistyped section", "cgroup-connect", "refuse-a-port", `SEC("cgroup/connect4")`, `SEC("cgroup/conect4")`, `there is "cgroup/connect4"`},
		{"mistyped helper", "hello", watchLs, `bpf_trace_printk(`, `bpf_trace_print(`, "there is bpf_trace_printk"},
		{"process's memory", "tracepoints", "print-the-name-of-the-file", `bpf_probe_read_user_str(name, sizeof(name), record->filename);`, `name[0] = record->filename[0];`, "bpf_probe_read_user"},
		{"no BPF_PROG", "lsm", "a-file-that-stays", `int BPF_PROG(unlink, struct inode *dir, struct dentry *dentry, int ret)`, `int unlink(struct inode *dir, struct dentry *dentry, int ret)`, "BPF_PROG"},
		{"old section of maps", "map-counters", "two-calls-for-one-directory", `SEC(".maps")`, `SEC("maps")`, `SEC(".maps")`},
		{"no answer", "hello", watchLs, `return 0;`, ``, "uses the program's return value"},
		{"no bounds", "xdp-drop", "drop-one-port", `(void *)(udp + 1) > data_end`, `0`, "the packet may be shorter"},
		{"function of a file", "uprobes", "what-is-it-called-with", `SEC("uprobe//bin/bank:withdraw")`, `SEC("uprobe//bin/bank:withdrow")`, "/bin/bank has no function withdrow"},
		{"swapped letters", "xdp-drop", "drop-one-port", `SEC("xdp")`, `SEC("xpd")`, `there is "xdp"`},
		{"side of no interface", "tc-egress", "drop-one-port", `SEC("tc/egress")`, `SEC("tc/egres")`, "tc/ingress or tc/egress"},
		{"another type's context", "tc-egress", "drop-one-port", `SEC("tc/egress")`, `SEC("xdp")`, "does SEC name the type"},
		{"answer of another hook", "cgroup-connect", "refuse-a-port", `return SOCKADDR_REFUSE;`, `return -1;`, "has to be 0 or 1"},
		{"result of a tail call", "tail-calls", "choose-a-program-by-the-protocol", "\tbpf_tail_call(ctx, &by_protocol", "\treturn bpf_tail_call(ctx, &by_protocol", "bpf_tail_call gives none"},
		{"field of other kernels", "co-re", "a-field-with-a-new-name", `__state`, `__stat`, "has no field state"},
		{"loop without a bound", "loops", "walked-round-by-round", `for (int i = 0; i < MOST; i++) {`, `for (int i = 0;; bytes++) {`, "fewer rounds"},
		{"mistyped function of the kernel", "own-tool", "how-many-fail", `SEC("kprobe/do_exit")`, `SEC("kprobe/do_exits")`, "no function do_exits"},
		{"answer of XDP in tc", "tc-egress", "drop-one-port", `return TC_ACT_SHOT;`, `return XDP_DROP;`, "egress returns XDP_DROP"},
		{"byte order", "xdp-drop", "drop-one-port", `bpf_htons(BLOCKED_PORT)`, `BLOCKED_PORT`, "compares dest, which is in network byte order"},
		{"order of headers", "hello", watchLs, "#include \"kernel.h\"\n#include <bpf/bpf_helpers.h>", "#include <bpf/bpf_helpers.h>\n#include \"kernel.h\"", "has to be defined before it"},
		{"answer that is none", "lsm", "a-file-that-stays", `return -EPERM;`, `return EPERM;`, "a negative error number"},
	} {
		t.Run(c.name, func(t *testing.T) {
			ws := openWorkspace(t, w, "ada", c.lab)
			broken := strings.ReplaceAll(string(ws.Lesson.Solution), c.old, c.new)
			if broken == string(ws.Lesson.Solution) {
				t.Fatalf("no %q in the solution", c.old)
			}
			save(t, ws, broken)
			r := checked(t, ws, c.step)
			shown := ""
			for _, p := range r.Problems {
				shown += p.Text + "\n" + p.Explanation + "\n" + p.Fix + "\n"
			}
			for _, found := range r.Diagnosis {
				shown += found.Text + "\n" + found.Fix + "\n"
			}
			if r.Passed() || !strings.Contains(shown, c.want) {
				t.Errorf("want %q in:\n%s\n%+v", c.want, shown, r)
			}
			if phase := ws.View().Machine.Phase; phase != workshop.PhaseReady && r.Stage != workshop.StageBuild {
				t.Errorf("the machine is %s", phase)
			}
		})
	}
}

// TestWorkshopMachineBroken breaks a machine from its terminal: the next check has a
// new machine or reports what is wrong.
func TestWorkshopMachineBroken(t *testing.T) {
	ws := openWorkspace(t, openWorkshop(t, nil), "ada", "hello")
	save(t, ws, string(ws.Lesson.Solution))
	for _, c := range []struct{ command, diagnosis string }{
		{"poweroff -f", ""},
		{"rm -rf /bin; echo rea''dy", "/bin/sh"},
		{"cat /sys/kernel/tracing/trace_pipe & until ls -l /proc/$!/fd | grep -q trace_pipe; do :; done; echo rea''dy", "trace_pipe"},
		{"echo 0 > /sys/kernel/tracing/tracing_on; echo rea''dy", "switched off"},
	} {
		t.Run(c.command, func(t *testing.T) {
			if err := ws.Reset(context.Background(), false); err != nil {
				t.Fatal(err)
			}
			term, err := ws.Terminal(context.Background(), "t1", wire.Terminal{Rows: 24, Cols: 80})
			if err != nil {
				t.Fatal(err)
			}
			said := &transcript{}
			go said.follow(term)
			said.wait(t, "# ")
			if err := term.Input([]byte(c.command + "\n")); err != nil {
				t.Fatal(err)
			}
			if c.diagnosis == "" {
				waitUntil(t, "the terminal ends with its machine", func() bool { return term.Ended() != "" })
				if r := checked(t, ws, watchLs); !r.Passed() {
					t.Errorf("%+v", r)
				}
				return
			}
			said.wait(t, "ready")
			waitUntil(t, "a diagnosis with "+c.diagnosis, func() bool { // which of two readers has a line is chance
				r := checked(t, ws, watchLs)
				return !r.Passed() && slices.ContainsFunc(r.Diagnosis, func(f workshop.Diagnosis) bool { return strings.Contains(f.Text, c.diagnosis) })
			})
		})
	}
}

// waitUntil fails the test if a condition does not hold within half a minute.
func waitUntil(t *testing.T, what string, happened func() bool) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); !happened(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// TestWorkshopForkBomb runs a fork bomb in a terminal: it ends at the limit of
// processes, and a check in the same machine passes.
func TestWorkshopForkBomb(t *testing.T) {
	w := openWorkshop(t, nil)
	ws := openWorkspace(t, w, "ada", "hello")
	save(t, ws, string(ws.Lesson.Solution))
	term, err := ws.Terminal(context.Background(), "t1", wire.Terminal{Rows: 24, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	said := &transcript{}
	go said.follow(term)
	said.wait(t, "# ")
	if err := term.Input([]byte("b() { b | b & }; b\n")); err != nil {
		t.Fatal(err)
	}
	said.wait(t, "fork")
	if r := checked(t, ws, watchLs); !r.Passed() {
		t.Errorf("%+v", r)
	}
}
