package term

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	tea "charm.land/bubbletea/v2"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/workshop"
)

// fakeCourse has two labs, of which the desks are fake.
type fakeCourse struct{ desks map[string]*fakeDesk }

func (c *fakeCourse) labs() []entry {
	return []entry{{"first", "The first lab", "10 minutes", 1, 2}, {"second", "The second lab", "", 0, 1}}
}

func (c *fakeCourse) kernels() []string { return []string{"6.12", "5.10"} }

func (c *fakeCourse) sit(name string) (*seat, error) {
	d := c.desks[name]
	if d == nil {
		return nil, fmt.Errorf("no lab %q", name)
	}
	shell := func(context.Context) error { d.did("shell"); return nil }
	return &seat{desk: d, lesson: d.lesson, shell: shell}, nil
}

// fakeDesk remembers what it was asked, and answers as it is told.
type fakeDesk struct {
	lesson *workshop.Lesson
	view   workshop.View
	path   string
	asked  []string
	report *workshop.Report
	shown  int
	events chan workshop.Event
}

func (d *fakeDesk) did(format string, args ...any) {
	d.asked = append(d.asked, fmt.Sprintf(format, args...))
}

func (d *fakeDesk) View() workshop.View    { return d.view }
func (d *fakeDesk) CodePath() string       { return d.path }
func (d *fakeDesk) Warm(context.Context)   { d.did("warm") }
func (d *fakeDesk) Goto(step string) error { d.did("goto %s", step); d.view.Step = step; return nil }
func (d *fakeDesk) Show(shown bool)        { d.shown += map[bool]int{true: 1, false: -1}[shown] }
func (d *fakeDesk) progress(step string, change func(*workshop.Progress)) {
	p := d.view.Steps[step]
	change(&p)
	d.view.Steps[step] = p
}

func (d *fakeDesk) Subscribe() (<-chan workshop.Event, func()) {
	d.did("subscribe")
	events := make(chan workshop.Event, 8)
	events <- workshop.Event{State: true} // so that listening to it does not wait
	d.events = events
	return events, func() { d.did("unsubscribe"); close(events) }
}

func (d *fakeDesk) Check(_ context.Context, step string) (*workshop.Report, error) {
	d.did("check %s", step)
	if d.report == nil {
		return nil, errors.New("a newer check took its place")
	}
	d.progress(step, func(p *workshop.Progress) { p.Last, p.Attempts = d.report, p.Attempts+1 })
	return d.report, nil
}

func (d *fakeDesk) Compare(_ context.Context, kernel, step string) (*workshop.Report, error) {
	d.did("compare %s %s", kernel, step)
	return passed("5.10.0"), nil
}

func (d *fakeDesk) Hint(step string) (string, int, error) {
	d.did("hint %s", step)
	d.progress(step, func(p *workshop.Progress) { p.Hints++ })
	return "", 1, nil
}

func (d *fakeDesk) Solve(step string) (string, string, error) {
	d.did("solve %s", step)
	d.progress(step, func(p *workshop.Progress) { p.Solved = true })
	return "", "", nil
}

func (d *fakeDesk) Reset(_ context.Context, code bool) error { d.did("reset %v", code); return nil }

func passed(release string) *workshop.Report {
	return &workshop.Report{Step: "look", Release: release, Verdict: verdict.Pass, Stage: workshop.StageCheck, Seconds: 0.4}
}

// rejected is a report with all that one can have, and things that do not belong on a
// screen.
func rejected() *workshop.Report {
	return &workshop.Report{
		Step: "look", Release: "6.12.1", Verdict: verdict.Fail, Stage: workshop.StageLoad, Seconds: 1.25,
		Problems: []workshop.Problem{{File: "first.bpf.c", Line: 12, Column: 3, Severity: "error", Text: "R0 invalid mem access 'scalar'",
			Explanation: "the program reads memory at an address that it made itself", Fix: "use bpf_probe_read_kernel"}},
		Checks:    []verdict.Check{{Verdict: verdict.Fail, Expected: "two lines from ls", Seen: "none\x1b[2J\x07"}},
		Diagnosis: []workshop.Diagnosis{{Text: "somebody else reads trace_pipe", Fix: "end cat"}},
		Notes:     []string{"hello attached to " + strings.Repeat("x", 150)},
		Output:    "bin\ndev\n", Log: "0: (b7) r0 = 0\n",
	}
}

// sit is a model at the first lab's desk, in a window of a size.
func sit(t *testing.T, width, height int) (*model, *fakeDesk) {
	t.Helper()
	d := newFakeDesk("first", "The first lab")
	c := &fakeCourse{map[string]*fakeDesk{"first": d, "second": newFakeDesk("second", "The second lab")}}
	ctx, cancel := context.WithCancel(context.Background())
	m, err := newModel(c, "first", newTasks(ctx))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); m.leave() })
	send(m, tea.WindowSizeMsg{Width: width, Height: height})
	return m, d
}

func newFakeDesk(name, title string) *fakeDesk {
	check := lab.Action{Checks: []lab.Check{{}}}
	l := &lab.Lab{Name: name, Header: lab.Header{Title: title, Duration: "10 minutes"}, Intro: "An *introduction*.", Steps: []lab.Step{
		{Name: "look", Title: "Look at it", Prose: strings.Repeat("Words of the `first` step. ", 60), Hints: []string{"The first hint.", "The second hint."}, Solution: "```c\nreturn 42;\n```", Action: check},
		{Name: "read", Title: "Only to read", Prose: "Nothing is checked here."},
		{Name: "last", Title: "The last one", Prose: "The end.", Action: check},
	}}
	return &fakeDesk{
		lesson: &workshop.Lesson{Lab: l}, path: "/work/me/first/first.bpf.c",
		view: workshop.View{Step: "look", Kernel: "6.12", Steps: map[string]workshop.Progress{}, Machine: workshop.MachineView{Phase: workshop.PhaseReady, Release: "6.12.1"}},
	}
}

// send has the model take a message, and what follows from it at once.
func send(m *model, msg tea.Msg) {
	_, cmd := m.Update(msg)
	run(m, cmd)
}

// run does what a command does. News are not passed on, after which the model would
// wait for more.
func run(m *model, cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	switch msg := cmd().(type) {
	case tea.BatchMsg:
		for _, c := range msg {
			run(m, c)
		}
	case outcome:
		send(m, msg)
	}
}

// press types keys, named as Bubble Tea names them.
func press(m *model, keys ...string) {
	for _, k := range keys {
		send(m, keyOf(k))
	}
}

var named = map[string]rune{"enter": tea.KeyEnter, "esc": tea.KeyEscape, "tab": tea.KeyTab, "down": tea.KeyDown, "pgdown": tea.KeyPgDown, "right": tea.KeyRight}

func keyOf(name string) tea.KeyPressMsg {
	if code, ok := named[name]; ok {
		return tea.KeyPressMsg{Code: code}
	}
	r := []rune(name)[0]
	return tea.KeyPressMsg{Code: r, Text: name}
}
