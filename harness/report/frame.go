package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/bpflab/bpflab/harness/verdict"
)

// state is what a live display knows of a run. Its frames are a function of
// it, the time and the terminal's size.
type state struct {
	table table
	began time.Time
	cells []progress
}

// progress is one cell's.
type progress struct {
	event verdict.Event
	begun time.Time // when it left PhaseWait; zero before
}

func newState(t table, now time.Time) state {
	s := state{table: t, began: now, cells: make([]progress, len(t.cells))}
	for i := range s.cells {
		s.cells[i].event.Phase = verdict.PhaseWait
	}
	return s
}

// event takes a change over. Of an index outside the plan nothing is shown.
func (s *state) event(event verdict.Event, now time.Time) {
	if event.Index < 0 || event.Index >= len(s.cells) {
		return
	}
	cell := &s.cells[event.Index]
	cell.event = event
	if event.Phase != verdict.PhaseWait && cell.begun.IsZero() {
		cell.begun = now
	}
}

// frame returns the display's lines: those cells that fit, in the plan's order,
// and a line about the whole.
func (s *state) frame(now time.Time, width, height int) []string {
	var out []string
	for _, index := range s.visible(max(1, height-2)) {
		out = append(out, s.row(index, now))
	}
	out = append(out, s.status(now))
	for i, line := range out {
		out[i] = ansi.Truncate(line, max(1, width-1), "…")
	}
	return out
}

// visible picks the n cells that matter most.
func (s *state) visible(n int) []int {
	order := make([]int, len(s.cells))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return s.cells[a].rank() - s.cells[b].rank() })
	order = order[:min(n, len(order))]
	slices.Sort(order)
	return order
}

// rank orders cells by how much a reader wants to see them: running, gone
// wrong, waiting, passed.
func (p progress) rank() int {
	switch {
	case p.running():
		return 0
	case p.event.Phase == verdict.PhaseWait:
		return 2
	case p.event.Cell != nil && p.event.Cell.Verdict == verdict.Pass:
		return 3
	}
	return 1
}

func (p progress) running() bool {
	return p.event.Phase != verdict.PhaseWait && p.event.Phase != verdict.PhaseDone
}

func (s *state) row(index int, now time.Time) string {
	cell := s.cells[index]
	if cell.event.Phase == verdict.PhaseDone && cell.event.Cell != nil {
		return s.mark(*cell.event.Cell) + " " + s.table.line(index, *cell.event.Cell)
	}
	planned := s.table.cells[index]
	mark, elapsed := "·", ""
	if cell.running() {
		mark, elapsed = s.spinner(now), seconds(now.Sub(cell.begun).Seconds())
	}
	line := fmt.Sprintf("%s %s  %s  %s  %s", mark, pad(cleanLine(planned.Lab), s.table.lab),
		pad(cleanLine(planned.Kernel), s.table.kernel), activity(cell.event), elapsed)
	if !cell.running() {
		return s.table.dim(line)
	}
	return line
}

// activity returns a word or two about a cell's state.
func activity(event verdict.Event) string {
	text := phases[event.Phase]
	switch event.Phase {
	case verdict.PhaseStep:
		text = cleanLine(event.Step)
	case verdict.PhaseSend:
		text = "sending " + bar(event.Sent, event.Size)
	}
	if event.Attempt > 1 {
		text += fmt.Sprintf(" (attempt %d)", event.Attempt)
	}
	return text
}

// barWidth is how many characters a progress bar has.
const barWidth = 10

// bar shows a part of a whole, in bytes.
func bar(part, whole int64) string {
	if whole <= 0 {
		return ""
	}
	full := int(min(part, whole) * barWidth / whole)
	return fmt.Sprintf("%s%s %.0f of %.0f MB", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), float64(part)/1e6, float64(whole)/1e6)
}

var phases = map[verdict.Phase]string{
	verdict.PhaseWait:  "waiting",
	verdict.PhaseBuild: "compiling",
	verdict.PhaseStart: "starting the kernel",
	verdict.PhaseDone:  "done",
}

var spins = []string{"⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"}

func (s *state) spinner(now time.Time) string {
	return spins[int(now.Sub(s.began)/framePeriod)%len(spins)]
}

func (s *state) mark(cell verdict.Cell) string {
	marks := map[string]string{string(verdict.Pass): "✓", string(verdict.Unsupported): "–", flakyWord: "~"}
	shown := word(cell.Verdict, cell.PassedLate())
	mark, ok := marks[shown]
	if !ok {
		mark = "✗"
	}
	return s.table.verdict(verdict.Verdict(shown), mark)
}

func (s *state) status(now time.Time) string {
	done, running := 0, 0
	for _, cell := range s.cells {
		switch {
		case cell.event.Phase == verdict.PhaseDone:
			done++
		case cell.running():
			running++
		}
	}
	return s.table.dim(fmt.Sprintf("%d of %d done, %d running, %s", done, len(s.cells), running, seconds(now.Sub(s.began).Seconds())))
}
