package report

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/bpflab/bpflab/harness/verdict"
)

// fakeTerminal understands what a live display sends: text, line ends, the
// cursor going up, erasing to the right and below. Long lines wrap.
type fakeTerminal struct {
	width int
	rows  [][]rune
	row   int
	col   int
}

func (f *fakeTerminal) Write(text []byte) (int, error) {
	rest := strings.NewReplacer(ansi.SetModeSynchronizedOutput, "", ansi.ResetModeSynchronizedOutput, "").Replace(string(text))
	for rest != "" {
		var n int
		if strings.HasPrefix(rest, "\x1b[") {
			n = f.sequence(rest)
		} else {
			r := []rune(rest)[0]
			f.put(r)
			n = len(string(r))
		}
		rest = rest[n:]
	}
	return len(text), nil
}

func (f *fakeTerminal) sequence(text string) int {
	end := strings.IndexAny(text[2:], "ABCDHJKmhl") + 2
	var n int
	fmt.Sscanf(text[2:end], "%d", &n)
	switch text[end] {
	case 'A':
		f.row = max(0, f.row-max(1, n))
	case 'K':
		f.line()
		f.rows[f.row] = f.rows[f.row][:min(f.col, len(f.rows[f.row]))]
	case 'J':
		f.line()
		f.rows[f.row] = f.rows[f.row][:min(f.col, len(f.rows[f.row]))]
		f.rows = f.rows[:f.row+1]
	case 'm':
	default:
		panic(fmt.Sprintf("fake terminal: %q", text[:end+1]))
	}
	return end + 1
}

func (f *fakeTerminal) put(r rune) {
	switch r {
	case '\r':
		f.col = 0
	case '\n':
		f.row, f.col = f.row+1, 0
	default:
		if f.col == f.width {
			f.row, f.col = f.row+1, 0
		}
		f.line()
		for len(f.rows[f.row]) <= f.col {
			f.rows[f.row] = append(f.rows[f.row], ' ')
		}
		f.rows[f.row][f.col] = r
		f.col++
	}
}

func (f *fakeTerminal) line() {
	for len(f.rows) <= f.row {
		f.rows = append(f.rows, nil)
	}
}

func (f *fakeTerminal) screen() string {
	var out strings.Builder
	for _, row := range f.rows {
		out.WriteString(strings.TrimRight(string(row), " ") + "\n")
	}
	return out.String()
}

// still returns a live printer without its ticker, on a clock that the test sets.
func still(f *fakeTerminal, cells []Planned, height int, colours bool) (*livePrinter, *time.Time) {
	p := newLive(f, cells, palette{colours: colours})
	clock := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	p.now = func() time.Time { return clock }
	p.size = func() (int, int) { return f.width, height }
	p.state.began = clock
	return p, &clock
}

func TestLiveScreen(t *testing.T) {
	screen := &fakeTerminal{width: 100}
	p, clock := still(screen, planned, 24, true)
	result := everything()
	p.Event(verdict.Event{Index: 0, Phase: verdict.PhaseBuild, Attempt: 1})
	*clock = clock.Add(1500 * time.Millisecond)
	p.Event(verdict.Event{Index: 1, Phase: verdict.PhaseStart, Attempt: 2})
	p.Event(verdict.Event{Index: 2, Phase: verdict.PhaseStep, Step: hostile, Attempt: 1})
	p.Event(verdict.Event{Index: 3, Phase: verdict.PhaseDone, Cell: &result.Cells[3]})
	p.Event(verdict.Event{Index: 0, Phase: verdict.PhaseDone, Cell: &result.Cells[0]})
	p.Event(verdict.Event{Index: 99, Phase: verdict.PhaseDone, Cell: &result.Cells[0]})
	golden(t, "live.txt", []byte(screen.screen()))
}

func TestLiveClose(t *testing.T) {
	t.Setenv("TERM", "xterm")
	screen := &fakeTerminal{width: 100}
	p := New(screen, planned, true)
	if err := play(p, everything()); err != nil {
		t.Fatal(err)
	}
	if err := p.Close(everything()); err != nil {
		t.Errorf("second Close: %v", err)
	}
	got := screen.screen()
	if strings.Contains(got, "running") || strings.Count(got, "1 passed, 1 flaky, 2 failed") != 1 {
		t.Errorf("left on the screen:\n%s", got)
	}
}

func TestLiveNarrow(t *testing.T) {
	screen := &fakeTerminal{width: 30}
	p, _ := still(screen, planned, 24, true)
	for range 3 {
		p.draw()
	}
	lines := strings.Split(strings.TrimRight(screen.screen(), "\n"), "\n")
	if len(lines) != len(planned)+1 {
		t.Errorf("%d lines for %d cells: frames do not cover each other:\n%s", len(lines), len(planned), screen.screen())
	}
}

// A terminal made narrower wraps the lines it shows already.
func TestLiveResize(t *testing.T) {
	p, _ := still(&fakeTerminal{width: 100}, planned[:2], 24, false)
	p.draw()
	total := 0
	for _, columns := range p.drawn {
		total += (columns + 9) / 10
	}
	if got, want := p.rewind(10), "\r"+ansi.CursorUp(total); got != want {
		t.Errorf("rewind after a resize = %q, want %q", got, want)
	}
}

// With more cells than rows, those that run or went wrong are shown.
func TestLiveShort(t *testing.T) {
	result := everything()
	p, clock := still(&fakeTerminal{width: 100}, planned, 4, false)
	p.Event(verdict.Event{Index: 0, Phase: verdict.PhaseDone, Cell: &result.Cells[0]})
	p.Event(verdict.Event{Index: 1, Phase: verdict.PhaseDone, Cell: &result.Cells[1]})
	p.Event(verdict.Event{Index: 5, Phase: verdict.PhaseStart})
	frame := p.state.frame(*clock, 100, 4)
	if len(frame) != 3 || !strings.Contains(frame[0], "fail") || !strings.Contains(frame[1], "map-counters") {
		t.Errorf("frame:\n%s", strings.Join(frame, "\n"))
	}
}

func TestColours(t *testing.T) {
	tests := []struct {
		name     string
		noColor  string
		term     string
		terminal bool
		want     bool
	}{
		{"terminal", "", "xterm", true, true},
		{"NO_COLOR", "1", "xterm", true, false},
		{"dumb terminal", "", "dumb", true, false},
		{"pipe", "", "xterm", false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("NO_COLOR", tt.noColor)
			t.Setenv("TERM", tt.term)
			var out bytes.Buffer
			if err := play(New(&out, planned, tt.terminal), everything()); err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(out.String(), "\x1b[32m"); got != tt.want {
				t.Errorf("colours: %v, want %v", got, tt.want)
			}
		})
	}
}
