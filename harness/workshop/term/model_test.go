package term

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/vms/wire"
)

// screen returns what the model shows, without styles.
func screen(m *model) string { return ansi.Strip(m.View().Content) }

// want fails the test unless the texts are on the screen.
func want(t *testing.T, m *model, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if s := screen(m); !strings.Contains(s, text) {
			t.Errorf("no %q on the screen:\n%s", text, s)
		}
	}
}

// wantNot fails the test if the text is on the screen.
func wantNot(t *testing.T, m *model, text string) {
	t.Helper()
	if s := screen(m); strings.Contains(s, text) {
		t.Errorf("%q is on the screen:\n%s", text, s)
	}
}

// TestScreensFit compares every screen with the window: it fills it, and no line is
// longer.
func TestScreensFit(t *testing.T) {
	states := map[string][]string{
		"introduction": nil, "step": {"n"}, "failed": {"n", "c"}, "hint": {"n", "h"}, "large": {"n", "c", "z"}, "trace": {"2"}, "maps": {"3"},
		"keys": {"?"}, "labs": {"l"}, "question": {"r"}, "kernels": {"n", "k"}, "comparison": {"n", "k", "enter"}, "read": {"n", "n", "c"},
	}
	for _, size := range []tea.WindowSizeMsg{{Width: 80, Height: 24}, {Width: 100, Height: 30}, {Width: 120, Height: 40}, {Width: 40, Height: 12}, {Width: 30, Height: 8}, {Width: 20, Height: 5}, {Width: 250, Height: 70}} {
		for name, keys := range states {
			m, ws := openModel(t, size.Width, size.Height)
			ws.report = rejected()
			send(m, eventBatch{from: m.session, open: true, events: []workshop.Event{
				{Trace: &workshop.TraceUpdate{Lines: []wire.TraceLine{{Comm: "ls", PID: 7, Message: strings.Repeat("long ", 80)}}}},
				{Maps: []workshop.MapView{{Name: "calls", Type: "Hash"}}},
			}}.withoutWaiting())
			press(m, keys...)
			lines := strings.Split(m.View().Content, "\n")
			if len(lines) > size.Height || size.Height >= minHeight && len(lines) != size.Height {
				t.Errorf("%s in %v: %d lines", name, size, len(lines))
			}
			for _, line := range lines {
				if w := ansi.StringWidth(line); w > size.Width {
					t.Errorf("%s in %v: %d columns: %q", name, size, w, ansi.Strip(line))
				}
			}
		}
	}
}

// withoutWaiting returns a message that handles the batch and does not wait for another
// one.
func (batch eventBatch) withoutWaiting() tea.Msg {
	return outcome(func(m *model) tea.Cmd { m.handleEvents(batch); return nil })
}

func TestFirstScreen(t *testing.T) {
	m, ws := openModel(t, 80, 24)
	want(t, m, "The first lab", "introduction", "An introduction", "6.12.1 ready", ws.path, "c check", "? keys", "q leave", "1 Result", "Not checked yet")
	if ws.shown != 1 {
		t.Error("the workspace does not know that it is shown")
	}
	m.leave()
	if ws.shown != 0 || !slices.Contains(ws.calls, "unsubscribe") {
		t.Errorf("the workspace is not left: %q", ws.calls)
	}
}

func TestStepByStep(t *testing.T) {
	m, ws := openModel(t, 80, 24)
	press(m, "p", "n")
	want(t, m, "step 1 of 3", "Look at it")
	press(m, "n", "c")
	want(t, m, "step 2 of 3", "to be read", "nothing to check")
	press(m, "right", "n", "n")
	want(t, m, "step 3 of 3", "The last one")
	if got := strings.Join(ws.calls, " "); strings.Contains(got, "check") || !strings.HasSuffix(got, "goto look goto read goto last") {
		t.Error(got)
	}
}

func TestResumesAtTheLastStep(t *testing.T) {
	ws := newFakeWorkspace("first", "The first lab")
	ws.view.Step = "last"
	m, err := newModel(&fakeCourse{map[string]*fakeWorkspace{"first": ws}}, "first", newTasks(context.Background()))
	if err != nil || m.at != 3 {
		t.Errorf("at page %d: %v", m.at, err)
	}
	if _, err := newModel(&fakeCourse{}, "none", newTasks(context.Background())); err == nil {
		t.Error("a lab that is not there")
	}
}

func TestCheck(t *testing.T) {
	m, ws := openModel(t, 80, 40)
	ws.report = rejected()
	press(m, "2", "enter")
	want(t, m, "step 1 of 3", "refused the program on 6.12.1", "first.bpf.c:12:3: error", "R0 invalid mem access", "address that it made itself",
		"fix use bpf_probe_read_kernel", "expected two lines from ls", "seen     none", "reads trace_pipe", "do end cat", "1 Result ✗")
	if s := m.View().Content; strings.Contains(s, "\x1b[2J") || strings.Contains(s, "\x07") {
		t.Errorf("what the machine wrote reaches the terminal: %q", s)
	}
	ws.report = passed("6.12.1")
	ws.progress("look", func(p *workshop.Progress) { p.Done = time.Now() })
	press(m, "x")
	want(t, m, "passed on 6.12.1", "n goes to the next step", "1 Result ✓", "✓ · ○")
	ws.report = nil
	press(m, "c")
	want(t, m, "a newer check took its place")
	press(m, "1")
	wantNot(t, m, "newer check")
}

func TestHintsComeOneByOne(t *testing.T) {
	m, ws := openModel(t, 80, 24)
	press(m, "h")
	want(t, m, "has no hints")
	press(m, "n", "h")
	want(t, m, "Hint 1 of 2", "The first hint.")
	wantNot(t, m, "The second hint.")
	press(m, "h")
	want(t, m, "The second hint.")
	if ws.view.Steps["look"].Hints != 2 {
		t.Errorf("%+v", ws.view.Steps)
	}
}

func TestSolutionIsAskedForTwice(t *testing.T) {
	m, ws := openModel(t, 80, 24)
	press(m, "n", "s")
	want(t, m, "Show the solution", "y/n")
	press(m, "c", "n")
	wantNot(t, m, "return 42;")
	press(m, "s", "y")
	want(t, m, "Solution", "return 42;")
	if got := strings.Join(ws.calls, " "); strings.Contains(got, "check") || strings.Count(got, "solve") != 1 {
		t.Error(got)
	}
}

func TestResetAsks(t *testing.T) {
	m, ws := openModel(t, 80, 24)
	press(m, "r", "esc", "r", "y", "R", "y")
	if got := strings.Join(ws.calls, ", "); !strings.HasSuffix(got, "reset false, reset true") {
		t.Error(got)
	}
}

func TestCompare(t *testing.T) {
	for _, width := range []int{80, 120} {
		m, ws := openModel(t, width, 40)
		ws.report = rejected()
		press(m, "n", "k")
		want(t, m, "5.10")
		press(m, "enter")
		want(t, m, "on 6.12.1", "passed on 5.10.0")
		if got := strings.Join(ws.calls, ", "); !strings.HasSuffix(got, "check look, compare 5.10 look") {
			t.Error(got)
		}
		line := slices.IndexFunc(strings.Split(screen(m), "\n"), func(l string) bool { return strings.Contains(l, "on 6.12.1") })
		beside := strings.Contains(strings.Split(screen(m), "\n")[line], "5.10.0")
		if beside != (width == 120) {
			t.Errorf("side by side in %d columns: %v", width, beside)
		}
		press(m, "x")
		want(t, m, "step 1 of 3")
	}
}

func TestOtherLab(t *testing.T) {
	m, ws := openModel(t, 80, 24)
	old := m.session
	press(m, "l")
	want(t, m, "1/2", "The second lab")
	press(m, "down", "enter")
	want(t, m, "The second lab", "introduction")
	if ws.shown != 0 || !slices.Contains(ws.calls, "unsubscribe") {
		t.Errorf("the first workspace is not left: %q", ws.calls)
	}
	send(m, eventBatch{from: old, open: false})
	if strings.Count(strings.Join(ws.calls, " "), "subscribe") != 2 {
		t.Errorf("the first workspace is subscribed to again: %q", ws.calls)
	}
}

// TestFollowsAgain closes the channel of events, after which the model subscribes
// again.
func TestFollowsAgain(t *testing.T) {
	m, ws := openModel(t, 80, 24)
	before := ws.events
	m.session.stop()
	msg := waitForEvents(m.session)().(eventBatch)
	if len(msg.events) != 1 || msg.open {
		t.Fatalf("%+v", msg)
	}
	m.Update(msg)
	if ws.events == before || m.session.events == nil {
		t.Error("the workspace is not subscribed to any more")
	}
	press(m, "2")
	want(t, m, "not shown")
}

func TestBusy(t *testing.T) {
	m, ws := openModel(t, 80, 24)
	ws.view.Busy = workshop.BusyBuilding
	send(m, eventBatch{from: m.session, open: true}.withoutWaiting())
	want(t, m, "compiling")
	ws.view.Busy, ws.view.Machine = "", workshop.MachineView{Phase: workshop.PhaseGone, Text: "its kernel panicked"}
	send(m, eventBatch{from: m.session, open: true}.withoutWaiting())
	want(t, m, "gone: its kernel panicked")
	send(m, download("fetching 5.10: 40 %"))
	want(t, m, "fetching 5.10: 40 %")
}

func TestNoColour(t *testing.T) {
	m, _ := openModel(t, 80, 24)
	press(m, "n")
	want(t, m, "the first step")
	send(m, tea.ColorProfileMsg{Profile: colorprofile.ASCII})
	want(t, m, "the `first` step")
}

func TestLeave(t *testing.T) {
	for _, k := range []tea.KeyPressMsg{keyOf("q"), {Code: 'c', Mod: tea.ModCtrl}} {
		m, _ := openModel(t, 80, 24)
		m.overlay = question{"?", nil}
		if k.Code == 'q' {
			m.overlay = nil
		}
		_, cmd := m.Update(k)
		if cmd == nil {
			t.Fatalf("%s does nothing", k)
		}
		if _, quits := cmd().(tea.QuitMsg); !quits {
			t.Errorf("%s does not leave", k)
		}
	}
}

// TestTasksEnd ends the front end while a task is running.
func TestTasksEnd(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	tasks := newTasks(ctx)
	begun := make(chan struct{})
	go tasks.run(func(ctx context.Context) tea.Msg { close(begun); <-ctx.Done(); return nil })()
	<-begun
	cancel()
	tasks.wait()
	if msg := tasks.run(func(context.Context) tea.Msg { return "begun" })(); msg != nil {
		t.Error("a task begins after the end")
	}
}
