package main

import (
	"bufio"
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/harness/workshop/web"
	"github.com/bpflab/bpflab/harness/workshop/web/webtest"
)

// served is a running `bpflab workshop` that serves a page.
type served struct {
	cmd    *exec.Cmd
	output string
}

// serve starts the command and waits until it has printed its address. The test's end
// interrupts it, after which no machine may be left.
func serve(t *testing.T, args ...string) served {
	t.Helper()
	needVMs(t)
	if err := web.HasPage(); err != nil {
		t.Skip(err)
	}
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return serveBy(t, path, args...)
}

// serveBy does the same with the program at a path.
func serveBy(t *testing.T, path string, args ...string) served {
	t.Helper()
	cmd := exec.Command(path, append([]string{"workshop"}, args...)...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := served{cmd: cmd}
	t.Cleanup(func() { s.end(t) })
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.Contains(lines.Text(), "Ctrl-C"); {
		s.output += lines.Text() + "\n"
	}
	return s
}

func (s served) end(t *testing.T) {
	if s.cmd.ProcessState != nil {
		return
	}
	s.cmd.Process.Signal(syscall.SIGINT)
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("after Ctrl-C: %v", err)
	}
}

// find returns the first group of an expression in the command's output.
func (s served) find(t *testing.T, expression string) string {
	t.Helper()
	m := regexp.MustCompile(expression).FindStringSubmatch(s.output)
	if m == nil {
		t.Fatalf("no %s in:\n%s", expression, s.output)
	}
	return m[1]
}

func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func solutionOf(t *testing.T, lab string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "bpf", lab+".bpf.c"))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

const classSize = 30

// TestWorkshopClassroom has thirty students do the first lab at once, each in a machine
// of their own; the teacher sees their progress.
func TestWorkshopClassroom(t *testing.T) {
	dir := t.TempDir()
	s := serve(t, "--serve", "127.0.0.1:0", "--class", "thirty", "--dir", dir)
	ctx := within(t, 10*time.Minute)
	address, code := s.find(t, `students: +(http\S+)`), s.find(t, `code (\S+)`)
	solution := solutionOf(t, "hello")
	var group errgroup.Group
	for n := range classSize {
		group.Go(func() error { return firstLab(ctx, address, code, fmt.Sprintf("Student %d", n+1), solution) })
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	teacher, err := webtest.Open(s.find(t, `teacher: +(http\S+)`))
	if err != nil {
		t.Fatal(err)
	}
	var class struct {
		Students []struct {
			Name, Lab string
			Done      int
		}
	}
	var table string
	if err := teacher.Get(ctx, "/api/class", &class); err != nil {
		t.Fatal(err)
	}
	for _, row := range class.Students {
		if row.Lab != "hello" || row.Done != 4 {
			t.Errorf("the teacher sees %+v", row)
		}
	}
	if err := teacher.Get(ctx, "/api/class/results.csv", &table); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(strings.NewReader(table)).ReadAll()
	if err != nil || len(class.Students) != classSize || len(lines) != 1+4*classSize {
		t.Errorf("%d students, %d lines of results, %v", len(class.Students), len(lines), err)
	}
}

// firstLab takes a student through the lab hello.
func firstLab(ctx context.Context, address, code, name, solution string) error {
	b, err := webtest.Open(address)
	if err != nil {
		return err
	}
	if err := b.Join(ctx, name, code); err != nil {
		return err
	}
	l, err := b.Lab(ctx, "hello")
	if err != nil {
		return err
	}
	defer l.Close()
	var lesson struct {
		Steps []struct {
			Name    string
			Checked bool
		}
	}
	if err := b.Get(ctx, "/api/labs/hello", &lesson); err != nil {
		return err
	}
	r, err := l.Check(ctx, lesson.Steps[0].Name)
	if err != nil || r.Passed() {
		return fmt.Errorf("%s: the starter passes, or %w", name, err)
	}
	if r, err = l.Save(ctx, solution); err != nil || !r.Passed() {
		return fmt.Errorf("%s: the solution: %+v %w", name, r, err)
	}
	for _, step := range lesson.Steps[1:] {
		if err := b.Post(ctx, "/api/labs/hello/goto", map[string]string{"step": step.Name}, nil); err != nil {
			return err
		}
		if r, err = l.Check(ctx, step.Name); err != nil || !r.Passed() {
			return fmt.Errorf("%s: step %s: %+v %w", name, step.Name, r, err)
		}
	}
	return nil
}

// TestWorkshopClassroomContainsHarm has a student damage a machine: a neighbour's check
// passes while a fork bomb runs, and so does the student's own after a reset.
func TestWorkshopClassroomContainsHarm(t *testing.T) {
	s := serve(t, "--serve", "127.0.0.1:0", "--class", "harm", "--dir", t.TempDir(), "--cpu", "50")
	ctx := within(t, 5*time.Minute)
	address, code := s.find(t, `students: +(http\S+)`), s.find(t, `code (\S+)`)
	eve, err := webtest.Open(address)
	if err != nil {
		t.Fatal(err)
	}
	if err := eve.Join(ctx, "Eve", code); err != nil {
		t.Fatal(err)
	}
	l, err := eve.Lab(ctx, "hello")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	term, err := l.Terminal(ctx, "t1", "# ")
	if err != nil {
		t.Fatal(err)
	}
	defer term.Close()
	for _, harm := range []string{"b() { b | b & }; b\n", "rm -rf / 2>/dev/null\n"} {
		if err := term.Type(ctx, harm); err != nil {
			t.Fatal(err)
		}
		neighbour := "Neighbour of " + strings.Fields(harm)[0]
		if err := firstLab(ctx, address, code, neighbour, solutionOf(t, "hello")); err != nil {
			t.Errorf("beside %q: %v", harm, err)
		}
		if err := eve.Post(ctx, "/api/labs/hello/reset", map[string]bool{"code": false}, nil); err != nil {
			t.Fatal(err)
		}
		if term, err = l.Terminal(ctx, "t1", "# "); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := l.Save(ctx, solutionOf(t, "hello")); err != nil || !r.Passed() {
		t.Errorf("after it all: %+v %v", r, err)
	}
	endless := strings.Replace(solutionOf(t, "hello"), "return 0;", "for (__u32 i = 0; i < 100000000; i++)\n\t\tif (bpf_get_prandom_u32() == 7)\n\t\t\treturn i;\n\treturn 0;", 1)
	for _, harm := range []string{endless, "#include __FILE__\n", "#include \"/etc/shadow\"\n", strings.Repeat("int x;", 100_000)} {
		began := time.Now()
		r, err := l.Save(ctx, harm)
		if err != nil || r.Passed() || len(r.Problems) == 0 || strings.Contains(fmt.Sprint(r), "root:") {
			t.Errorf("%.30q: %+v %v", harm, r, err)
		}
		t.Logf("%.20q: %.1f s", harm, time.Since(began).Seconds())
	}
}

// uiDir holds the sources and the browser tests of the page.
var uiDir = filepath.Join("..", "..", "harness", "workshop", "web", "ui")

func needBrowser(t *testing.T) {
	t.Helper()
	if os.Getenv("BPFLAB_BROWSER_TESTS") != "1" {
		t.Skip("drives a browser: set BPFLAB_BROWSER_TESTS=1, as `make test` does")
	}
	if _, err := os.Stat(filepath.Join(uiDir, "node_modules", "playwright-core")); err != nil {
		t.Skip("Playwright is not there: `make web` fetches it")
	}
}

// TestWorkshopWalk takes a student through the first lab in a real browser.
func TestWorkshopWalk(t *testing.T) {
	needBrowser(t)
	s := serve(t, "hello", "--web", "--dir", t.TempDir(), "--listen", "127.0.0.1:0")
	solution, err := filepath.Abs(filepath.Join("..", "..", "bpf", "hello.bpf.c"))
	if err != nil {
		t.Fatal(err)
	}
	walk := exec.CommandContext(within(t, 5*time.Minute), "node", "test/walk.mjs", s.find(t, `(http\S+)`), solution)
	walk.Dir = uiDir
	walk.WaitDelay = time.Second
	out, err := walk.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Error(err)
	}
}
