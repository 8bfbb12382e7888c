package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// TestWorkshopText follows every lesson word for word, with nothing but its text: the code
// is pasted where the text says, into what the steps before it made of the starter, and each
// check passes. Then the step's commands are typed into a terminal, and end as they do in
// the check. BPFLAB_TEXT_KERNEL=5.10 does so on another kernel than the newest one.
func TestWorkshopText(t *testing.T) {
	w := openWorkshop(t, func(f *workshopFlags) {
		if name := os.Getenv("BPFLAB_TEXT_KERNEL"); name != "" {
			f.machines.kernels, f.given.kernels = []string{name}, true
		}
	})
	for _, lesson := range w.Lessons {
		t.Run(lesson.Name, func(t *testing.T) {
			reader := &textReader{t: t, ws: openWorkspace(t, w, "ada", lesson.Name)}
			if lesson.FileName() != "" && reader.ws.Code().Text != string(lesson.Starter) {
				t.Fatalf("it does not begin with the starter")
			}
			for _, step := range lesson.Steps {
				reader.follow(step)
			}
			first := lesson.Checked()[0]
			if r := checked(t, reader.ws, first); !r.Passed() {
				t.Errorf("%s, after the others: %+v", first, r)
			}
		})
	}
}

// textReader is a student who does what a lesson says.
type textReader struct {
	t  *testing.T
	ws *workshop.Workspace
}

func (r *textReader) follow(step lab.Step) {
	t := r.t
	code, err := r.ws.Lesson.PasteSolution(step.Name, r.ws.Code().Text)
	if err != nil {
		t.Fatalf("%s: %v", step.Name, err)
	}
	if r.ws.Lesson.FileName() != "" {
		save(t, r.ws, code)
	}
	if !workshop.IsChecked(step) {
		return
	}
	report := checked(t, r.ws, step.Name)
	if !report.Passed() {
		t.Fatalf("%s: %+v", step.Name, report)
	}
	if step.In != "" {
		if !strings.Contains(strings.Join(strings.Fields(step.Prose), " "), "A terminal is outside of the lab's network") {
			t.Errorf("%s: the text does not say that its commands do not work in a terminal", step.Name)
		}
		return
	}
	r.byHand(step)
	r.typeCommands(step, report)
}

// typeCommands types the commands of a step. Their exit statuses are those of the check.
func (r *textReader) typeCommands(step lab.Step, report *workshop.Report) {
	version, err := kernel.ParseVersion(report.Release)
	if err != nil {
		r.t.Fatal(err)
	}
	for i, command := range step.Run {
		want := 0
		for _, c := range step.Checks {
			if c.Exit != nil && i == len(step.Run)-1 && (c.When == nil || c.When.Contains(version)) {
				want = *c.Exit
			}
		}
		mark := fmt.Sprintf("%s-%d", step.Name, i)
		said := r.enter("t1", command+"\n"+"echo '' "+mark+" $?\n")
		said.wait(r.t, fmt.Sprintf("\n %s %d", mark, want))
	}
}

// readerCommand matches a command that a lesson has its reader type for a look, and end
// with Ctrl-C.
var readerCommand = regexp.MustCompile("(?m)^```console\n# (.+)\n```$")

// byHand types what a lesson has its reader type in one terminal, while the step's commands
// are typed in another one: it shows what the step expects in the trace.
func (r *textReader) byHand(step lab.Step) {
	for _, m := range readerCommand.FindAllStringSubmatch(step.Prose, -1) {
		said := r.enter("t1", m[1]+"\n")
		r.enter("t2", strings.Join(step.Run, "\n")+"\n")
		for _, c := range step.Checks {
			if c.Trace != nil {
				said.wait(r.t, c.Trace.Message)
			}
		}
		r.enter("t1", "\x03\necho '' "+step.Name+" ended\n").wait(r.t, "\n "+step.Name+" ended")
	}
}

// enter types a text into a terminal once its shell is ready.
func (r *textReader) enter(id, text string) *transcript {
	r.t.Helper()
	term, err := r.ws.Terminal(context.Background(), id, wire.Terminal{Rows: 24, Cols: 200})
	if err != nil {
		r.t.Fatal(err)
	}
	said := &transcript{}
	go said.follow(term)
	said.wait(r.t, "# ")
	if err := term.Input([]byte(text)); err != nil {
		r.t.Fatal(err)
	}
	return said
}

// TestWorkshopTextInBrowser follows the text of every lab in a real browser, with its
// buttons: the step's part of the solution, a save, and the commands.
func TestWorkshopTextInBrowser(t *testing.T) {
	needBrowser(t)
	if os.Getenv("BPFLAB_TEXT_BROWSER") != "1" {
		t.Skip("minutes in a browser, for what TestWorkshopText does without: BPFLAB_TEXT_BROWSER=1, and BPFLAB_TEXT_KERNEL=5.10 for another kernel")
	}
	args := []string{"hello", "--web", "--dir", t.TempDir(), "--listen", "127.0.0.1:0"}
	if name := os.Getenv("BPFLAB_TEXT_KERNEL"); name != "" {
		args = append(args, "--kernel", name)
	}
	s := serve(t, args...)
	walk := exec.CommandContext(within(t, 25*time.Minute), "node", "test/text.mjs", s.find(t, `(http\S+)`))
	walk.Dir = uiDir
	walk.WaitDelay = time.Second
	walk.Stdout, walk.Stderr = os.Stderr, os.Stderr // step by step: it takes minutes
	if err := walk.Run(); err != nil {
		t.Error(err)
	}
}
