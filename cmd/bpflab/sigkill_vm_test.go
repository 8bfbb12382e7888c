package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/gofrs/flock"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/lease"
)

// The environment variables of TestKilledVerbs: at how many moments each verb is
// killed, and the seed that chose the moments of an earlier run.
const (
	killMoments = "BPFLAB_KILL_MOMENTS"
	killSeed    = "BPFLAB_KILL_SEED"
)

// victim is a verb that is killed.
type victim struct {
	name    string
	args    []string
	prepare func(t *testing.T, r *killing)            // before each run
	types   func(terminal io.Writer, ended chan bool) // in a terminal, and what is typed there until it has ended
}

// killing is where victims run: a cache and temporary folders of their own.
type killing struct {
	binary, dir, cache string
	mark               string // what their environment has, and that of all they start
	round              int
}

// victims returns all verbs that start something. Programs and tests are other ones each
// time, so that they are compiled; the template of one machine is made each time.
func victims(r *killing) []victim {
	kernel := []string{"--kernel", "6.1"}
	with := func(verb string, args ...string) []string { return append(append([]string{verb}, kernel...), args...) }
	return []victim{
		{name: "run", args: with("run", r.path("lab.md")), prepare: changeProgram},
		{name: "run, with a template to be made", args: with("run", r.path("lab.md")), prepare: dropTemplates},
		{name: "exec", args: with("exec", "--", "uname", "-r")},
		{name: "test", args: with("test", "-C="+r.path("tiny"), "."), prepare: changeTest},
		{name: "verify", args: with("verify", r.path("program.o"))},
		{name: "limits", args: with("limits", "--only", "stack_bytes")},
		{name: "features", args: with("features", "--kind", "link_type")},
		{name: "shell", args: with("shell"), types: func(w io.Writer, _ chan bool) { io.WriteString(w, "exit\r") }},
		{name: "workshop", args: with("workshop", "hello", "--dir", r.path("work")), types: leaveWorkshop},
		{name: "replay", args: []string{"replay", r.path("result.json"), "--dir", r.path("again")}},
		{name: "kernels pull", args: []string{"kernels", "pull", "6.1"}, prepare: dropImages},
	}
}

func (r *killing) path(name string) string { return filepath.Join(r.dir, name) }

// newKilling makes a cache with the files of the real one, and what victims work on.
func newKilling(t *testing.T) *killing {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	root, err := store.DefaultRoot()
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.MkdirTemp(filepath.Dir(root), "bpflab-killed-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(cache) })
	r := &killing{binary: path, dir: t.TempDir(), cache: cache, mark: "BPFLAB_KILLED=" + strconv.Itoa(os.Getpid())}
	for _, part := range []string{"blobs", "images"} {
		linkTree(t, filepath.Join(root, part), filepath.Join(cache, part))
	}
	for _, dir := range []string{"tmp", "state", "tiny"} {
		if err := os.Mkdir(r.path(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	r.write(t, "tiny/go.mod", "module tiny\n\ngo 1.22\n")
	r.write(t, "lab.md", "---\ntitle: Killed\nsummary: A lab that is killed.\nprogram: p.bpf.c\nstarter: p.bpf.c\n---\n# Killed\n\n## Do\n\n```sh\nls /\n```\n\n<!-- bpflab\nload: [program]\nchecks:\n  - exit: 0\n-->\n")
	changeProgram(t, r)
	clang, err := build.FindClang(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(clang.Path, "-O2", "-g", "-target", "bpf", "-I/usr/include/x86_64-linux-gnu", "-c", r.path("p.bpf.c"), "-o", r.path("program.o")).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return r
}

func (r *killing) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(r.path(name), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// linkTree copies a tree by hard links.
func linkTree(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		at := filepath.Join(to, strings.TrimPrefix(path, from))
		switch {
		case d.IsDir():
			return os.MkdirAll(at, 0o755)
		case lease.OwnerOf(d.Name()) != lease.Owner{}:
			return nil // another process is writing it
		}
		return os.Link(path, at)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func changeProgram(t *testing.T, r *killing) {
	r.round++
	r.write(t, "p.bpf.c", fmt.Sprintf("#include <linux/bpf.h>\n__attribute__((section(\"socket\"), used)) int program(void *ctx) { return %d; }\nchar LICENSE[] __attribute__((section(\"license\"), used)) = \"GPL\";\n", r.round))
}

func changeTest(t *testing.T, r *killing) {
	r.round++
	r.write(t, "tiny/tiny_test.go", fmt.Sprintf("package tiny\n\nimport (\n\t\"net/http\"\n\t\"testing\"\n)\n\nfunc TestRound(t *testing.T) { t.Log(%d, http.MethodGet) }\n", r.round))
}

func dropTemplates(t *testing.T, r *killing) { r.drop(t, "qemu") }
func dropImages(t *testing.T, r *killing)    { r.drop(t, "images") }

// drop removes a part of the cache, but not what a killed process left there.
func (r *killing) drop(t *testing.T, part string) {
	t.Helper()
	top, err := filepath.Glob(filepath.Join(r.cache, part, "*"))
	if err != nil {
		t.Fatal(err)
	}
	below, err := filepath.Glob(filepath.Join(r.cache, part, "templates", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(below, top...) {
		if filepath.Base(path) == "templates" || lease.OwnerOf(filepath.Base(path)) != (lease.Owner{}) {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
}

// leaveWorkshop lets the machine boot, and leaves when it has.
func leaveWorkshop(w io.Writer, ended chan bool) {
	for wait := 1500 * time.Millisecond; ; wait = 200 * time.Millisecond {
		select {
		case <-ended:
			return
		case <-time.After(wait):
			io.WriteString(w, "q")
		}
	}
}

// start starts a victim; wait returns what it wrote once it has ended.
func (r *killing) start(t *testing.T, v victim) (cmd *exec.Cmd, wait func() (string, error)) {
	t.Helper()
	if v.prepare != nil {
		v.prepare(t, r)
	}
	cmd = exec.Command(r.binary, v.args...)
	cmd.Env = append(os.Environ(), r.mark, "BPFLAB_CACHE="+r.cache, "TMPDIR="+r.path("tmp"), "XDG_STATE_HOME="+r.path("state"), "TERM=xterm-256color",
		"BPFLAB_DEBIAN_MIRROR=http://127.0.0.1:9/debian")
	var out bytes.Buffer
	if v.types == nil {
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		return cmd, func() (string, error) { err := cmd.Wait(); return out.String(), err }
	}
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 120})
	if err != nil {
		t.Fatal(err)
	}
	read, ended := make(chan bool), make(chan bool)
	go func() { io.Copy(&out, terminal); close(read) }()
	go v.types(terminal, ended)
	return cmd, func() (string, error) {
		err := cmd.Wait()
		close(ended)
		terminal.Close()
		<-read
		return out.String(), err
	}
}

// whole runs a victim to its end, which must be a good one, and returns how long it took.
func (r *killing) whole(t *testing.T, v victim) time.Duration {
	t.Helper()
	began := time.Now()
	cmd, wait := r.start(t, v)
	limit := time.AfterFunc(2*time.Minute, func() { cmd.Process.Signal(syscall.SIGQUIT) })
	defer limit.Stop()
	if out, err := wait(); err != nil {
		t.Fatalf("bpflab %q: %v\n%s", v.args, err, out)
	}
	return time.Since(began)
}

// marked returns the processes that a victim has started, and the victim itself.
func (r *killing) marked(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil || len(files) == 0 {
		t.Fatalf("no processes in /proc: %v", err)
	}
	var out []string
	for _, file := range files {
		environ, _ := os.ReadFile(file) // empty for one that has ended
		if bytes.Contains(environ, []byte("\x00"+r.mark+"\x00")) || bytes.HasSuffix(environ, []byte(r.mark+"\x00")) {
			cmdline, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "cmdline"))
			out = append(out, filepath.Dir(file)+" "+string(bytes.ReplaceAll(cmdline, []byte{0}, []byte(" "))))
		}
	}
	return out
}

// allGone waits for what a killed victim had started to end.
func (r *killing) allGone(t *testing.T) {
	t.Helper()
	var left []string
	for range 100 {
		if left = r.marked(t); len(left) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("5 seconds after it was killed there is still\n%s", strings.Join(left, "\n"))
}

// clean looks for what victims have left in temporary folders and in the cache, and for
// locks that are held.
func (r *killing) clean(t *testing.T) {
	t.Helper()
	if left, err := os.ReadDir(r.path("tmp")); err != nil || len(left) > 0 {
		t.Errorf("left in the temporary directory: %v, error %v", left, err)
	}
	err := filepath.WalkDir(r.cache, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if owner := lease.OwnerOf(d.Name()); owner != (lease.Owner{}) {
			t.Errorf("left in the cache: %s", path)
		}
		if strings.Contains(strings.TrimPrefix(path, r.cache), "lock") && d.Type().IsRegular() {
			lock := flock.New(path)
			if free, err := lock.TryLock(); err != nil || !free {
				t.Errorf("the lock %s is held, error %v", path, err)
			}
			lock.Close()
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestKilledVerbs kills every verb without a warning at random moments: all that it has
// started ends with it, the next run is a good one, and nothing is left after that.
func TestKilledVerbs(t *testing.T) {
	needVMs(t)
	moments, seed := 1, uint64(time.Now().UnixNano())
	for name, into := range map[string]func(int){killMoments: func(n int) { moments = n }, killSeed: func(n int) { seed = uint64(n) }} {
		if text := os.Getenv(name); text != "" {
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			into(n)
		}
	}
	t.Logf("%s=%d %s=%d", killMoments, moments, killSeed, seed)
	random := rand.New(rand.NewPCG(seed, 0))
	r := newKilling(t)
	r.whole(t, victim{args: []string{"run", "hello", "--kernel", "6.1", "--json", r.path("result.json")}})
	for _, v := range victims(r) {
		t.Run(v.name, func(t *testing.T) { r.kill(t, v, moments, random) })
	}
}

// kill kills one victim at so many moments of a run.
func (r *killing) kill(t *testing.T, v victim, moments int, random *rand.Rand) {
	usual := r.whole(t, v)
	for range moments {
		after := time.Duration(random.Int64N(int64(usual)))
		for !r.killAfter(t, v, after) {
			after /= 2 // it had ended by then
		}
		r.allGone(t)
		usual = r.whole(t, v)
		r.clean(t)
	}
}

// killAfter kills a victim that has run for a while, and reports whether it still ran.
func (r *killing) killAfter(t *testing.T, v victim, after time.Duration) bool {
	cmd, wait := r.start(t, v)
	time.Sleep(after)
	running := r.marked(t)
	cmd.Process.Kill()
	out, err := wait()
	var exit *exec.ExitError
	switch killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled(); {
	case err == nil:
		return false
	case !killed:
		t.Errorf("it was to be killed, and ended by itself: %v\n%s", err, out)
	case len(running) == 0:
		t.Error("it ran, and no process is marked as its own")
	}
	t.Logf("killed after %v, with %d processes", after.Round(time.Millisecond), len(running))
	return true
}
