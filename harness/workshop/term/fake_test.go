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

// fakeCourse has two labs with fake workspaces.
type fakeCourse struct{ workspaces map[string]*fakeWorkspace }

func (c *fakeCourse) labs() []entry {
	return []entry{{"first", "The first lab", "10 minutes", 1, 2}, {"second", "The second lab", "", 0, 1}}
}

func (c *fakeCourse) kernels() []string { return []string{"6.12", "5.10"} }

func (c *fakeCourse) open(name string) (*labSession, error) {
	ws := c.workspaces[name]
	if ws == nil {
		return nil, fmt.Errorf("no lab %q", name)
	}
	shell := func(context.Context) error { ws.record("shell"); return nil }
	return &labSession{workspace: ws, lesson: ws.lesson, shell: shell}, nil
}

// fakeWorkspace records the calls of its methods and returns what the test has set.
type fakeWorkspace struct {
	lesson *workshop.Lesson
	view   workshop.View
	path   string
	calls  []string
	report *workshop.Report
	shown  int
	events chan workshop.Event
}

func (ws *fakeWorkspace) record(format string, args ...any) {
	ws.calls = append(ws.calls, fmt.Sprintf(format, args...))
}

func (ws *fakeWorkspace) View() workshop.View  { return ws.view }
func (ws *fakeWorkspace) CodePath() string     { return ws.path }
func (ws *fakeWorkspace) Warm(context.Context) { ws.record("warm") }
func (ws *fakeWorkspace) Goto(step string) error {
	ws.record("goto %s", step)
	ws.view.Step = step
	return nil
}
func (ws *fakeWorkspace) Show(shown bool) { ws.shown += map[bool]int{true: 1, false: -1}[shown] }
func (ws *fakeWorkspace) progress(step string, change func(*workshop.Progress)) {
	p := ws.view.Steps[step]
	change(&p)
	ws.view.Steps[step] = p
}

func (ws *fakeWorkspace) Subscribe() (<-chan workshop.Event, func()) {
	ws.record("subscribe")
	events := make(chan workshop.Event, 8)
	events <- workshop.Event{State: true} // so that waiting for one returns
	ws.events = events
	return events, func() { ws.record("unsubscribe"); close(events) }
}

func (ws *fakeWorkspace) Check(_ context.Context, step string) (*workshop.Report, error) {
	ws.record("check %s", step)
	if ws.report == nil {
		return nil, errors.New("a newer check took its place")
	}
	ws.progress(step, func(p *workshop.Progress) { p.Last, p.Attempts = ws.report, p.Attempts+1 })
	return ws.report, nil
}

func (ws *fakeWorkspace) Compare(_ context.Context, kernel, step string) (*workshop.Report, error) {
	ws.record("compare %s %s", kernel, step)
	return passed("5.10.0"), nil
}

func (ws *fakeWorkspace) Hint(step string) (string, int, error) {
	ws.record("hint %s", step)
	ws.progress(step, func(p *workshop.Progress) { p.Hints++ })
	return "", 1, nil
}

func (ws *fakeWorkspace) Solve(step string) (string, string, error) {
	ws.record("solve %s", step)
	ws.progress(step, func(p *workshop.Progress) { p.Solved = true })
	return "", "", nil
}

func (ws *fakeWorkspace) Reset(_ context.Context, code bool) error {
	ws.record("reset %v", code)
	return nil
}

func passed(release string) *workshop.Report {
	return &workshop.Report{Step: "look", Release: release, Verdict: verdict.Pass, Stage: workshop.StageCheck, Seconds: 0.4}
}

// rejected returns a report with everything that a report may contain, and with control
// characters that must not reach the screen.
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

// openModel opens the first lab in a window with a size.
func openModel(t *testing.T, width, height int) (*model, *fakeWorkspace) {
	t.Helper()
	ws := newFakeWorkspace("first", "The first lab")
	c := &fakeCourse{map[string]*fakeWorkspace{"first": ws, "second": newFakeWorkspace("second", "The second lab")}}
	ctx, cancel := context.WithCancel(context.Background())
	m, err := newModel(c, "first", newTasks(ctx))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); m.leave() })
	send(m, tea.WindowSizeMsg{Width: width, Height: height})
	return m, ws
}

func newFakeWorkspace(name, title string) *fakeWorkspace {
	check := lab.Action{Checks: []lab.Check{{}}}
	l := &lab.Lab{Name: name, Header: lab.Header{Title: title, Duration: "10 minutes"}, Intro: "An *introduction*.", Steps: []lab.Step{
		{Name: "look", Title: "Look at it", Prose: strings.Repeat("Words of the `first` step. ", 60), Hints: []string{"The first hint.", "The second hint."}, Solution: "```c\nreturn 42;\n```", Action: check},
		{Name: "read", Title: "Only to read", Prose: "Nothing is checked here."},
		{Name: "last", Title: "The last one", Prose: "The end.", Action: check},
	}}
	return &fakeWorkspace{
		lesson: &workshop.Lesson{Lab: l}, path: "/work/me/first/first.bpf.c",
		view: workshop.View{Step: "look", Kernel: "6.12", Steps: map[string]workshop.Progress{}, Machine: workshop.MachineView{Phase: workshop.PhaseReady, Release: "6.12.1"}},
	}
}

// send passes a message to the model and runs the command that it returns.
func send(m *model, msg tea.Msg) {
	_, cmd := m.Update(msg)
	run(m, cmd)
}

// run runs a command. It drops batches of events, after which the model would wait for
// more.
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

// press types keys, by the names that Bubble Tea has for them.
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
