package session

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

// Fuzzed is what a program made of the packets of a check with fuzz on one kernel.
type Fuzzed struct {
	step  string // the name
	check int    // index among the step's checks that counted
	want  *lab.TestRun
	seen  tested
}

// fuzzed returns what came of the step's checks with fuzz, those that ran all.
func (st *step) fuzzed() []Fuzzed {
	var out []Fuzzed
	for i, c := range st.checks {
		if c.TestRun == nil || c.TestRun.Fuzz == 0 {
			continue
		}
		if seen, ok := st.seen.tests[c.TestRun]; ok && len(seen.ran) == len(seen.inputs) {
			out = append(out, Fuzzed{st.def.Name, i, c.TestRun, seen})
		}
	}
	return out
}

// FuzzedOn is what a lab's checks with fuzz came to on one kernel, and the lab's cell there.
type FuzzedOn struct {
	Kernel string
	Fuzzed []Fuzzed
	Cell   *verdict.Cell
	Again  string // command that repeats the comparison of two kernels, with one %s for their names
}

// CompareFuzzed compares what programs made of the same packets on kernels, each with the one
// before it that ran the packet, and makes failures of the cells in which something is
// different. A packet that a kernel does not run is no difference. It returns the indexes of
// those cells; a lone kernel gets a warning that nothing was compared.
func CompareFuzzed(all []FuzzedOn) []int {
	var changed []int
	for i, on := range all {
		if on.Cell.Verdict != verdict.Pass {
			continue
		}
		for _, f := range on.Fuzzed {
			seen, compared := f.differs(all[:i], on)
			if seen != "" {
				on.fail(f, seen)
				changed = append(changed, i)
				break
			}
			if !compared && i == len(all)-1 && i == 0 {
				on.Cell.Warnings = append(on.Cell.Warnings, fmt.Sprintf("step %s: the packets of fuzz were run on one kernel, and their outcome was compared with nothing: name more kernels", f.step))
			}
		}
	}
	return changed
}

// fail makes a failure of the cell.
func (on FuzzedOn) fail(f Fuzzed, seen string) {
	cell := on.Cell
	cell.Verdict = verdict.Fail
	cell.Reason = fmt.Sprintf("step %s: expected %s", f.step, f.want.Expected())
	at := slices.IndexFunc(cell.Steps, func(s verdict.Step) bool { return s.Name == f.step })
	if at < 0 {
		return
	}
	step := &cell.Steps[at]
	step.Verdict, step.Expected, step.Seen = verdict.Fail, f.want.Expected(), seen
	if f.check < len(step.Checks) {
		step.Checks[f.check].Verdict, step.Checks[f.check].Seen = verdict.Fail, seen
	}
	if n := len(cell.Attempts); n > 0 {
		cell.Attempts[n-1].Verdict, cell.Attempts[n-1].Reason = cell.Verdict, cell.Reason
	}
}

// differs returns what is different from the kernels before, "" if nothing is, and whether
// anything could be compared.
func (f Fuzzed) differs(before []FuzzedOn, on FuzzedOn) (seen string, compared bool) {
	count, first := 0, ""
	for i := range f.seen.ran {
		other, name := f.other(before, i)
		if other == nil {
			continue
		}
		compared = true
		if f.same(other, i) {
			continue
		}
		if count++; count == 1 {
			first = fmt.Sprintf("packet %d: %s: %s; on %s %s%s; again: %s; packet: %s", i+1, on.Kernel, f.outcome(i), name, other.outcome(i),
				f.apart(other, i), fmt.Sprintf(on.Again, name+","+on.Kernel), shownPacket(f.seen.inputs[i]))
		}
	}
	if count > 0 {
		return fmt.Sprintf("%d of %d packets of seed %d come out otherwise; %s", count, len(f.seen.ran), f.want.Seed, first), true
	}
	return f.mapsDiffer(before, on), compared
}

// other returns what came of the check on the last kernel before that ran a packet.
func (f Fuzzed) other(before []FuzzedOn, i int) (*Fuzzed, string) {
	if f.seen.ran[i].Error != 0 {
		return nil, ""
	}
	for _, on := range slices.Backward(before) {
		if other := on.of(f.want); other != nil && i < len(other.seen.ran) && other.seen.ran[i].Error == 0 {
			return other, on.Kernel
		}
	}
	return nil, ""
}

func (on FuzzedOn) of(want *lab.TestRun) *Fuzzed {
	i := slices.IndexFunc(on.Fuzzed, func(f Fuzzed) bool { return f.want == want })
	if i < 0 {
		return nil
	}
	return &on.Fuzzed[i]
}

func (f Fuzzed) same(other *Fuzzed, i int) bool {
	return f.seen.ran[i].Returned == other.seen.ran[i].Returned && bytes.Equal(f.seen.packetAfter(i), other.seen.packetAfter(i))
}

// outcome returns what came of a packet, in words.
func (f Fuzzed) outcome(i int) string {
	text := "returned " + f.seen.named(f.seen.ran[i].Returned, *f.want).String()
	if f.seen.ran[i].Same || runRuleOf(f.seen.program).bare {
		return text
	}
	return text + ", and left " + shownPacket(f.seen.ran[i].Out)
}

// apart says that a difference may come from packets before it which only one of the kernels
// has run, "" if there were none.
func (f Fuzzed) apart(other *Fuzzed, until int) string {
	n := f.onlyOne(other, until)
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(" (only one of the two kernels has run %d packets before, which matters if the program remembers them)", n)
}

// onlyOne counts the packets that only one of two kernels has run.
func (f Fuzzed) onlyOne(other *Fuzzed, until int) (n int) {
	for i := range until {
		if (f.seen.ran[i].Error == 0) != (other.seen.ran[i].Error == 0) {
			n++
		}
	}
	return n
}

// mapsDiffer compares the maps that the check names with those on the kernel before.
func (f Fuzzed) mapsDiffer(before []FuzzedOn, on FuzzedOn) string {
	if len(before) == 0 {
		return ""
	}
	last := before[len(before)-1]
	other := last.of(f.want)
	if other == nil {
		return ""
	}
	if n := f.onlyOne(other, min(len(f.seen.ran), len(other.seen.ran))); n > 0 && len(f.want.Maps) > 0 {
		on.Cell.Warnings = append(on.Cell.Warnings, fmt.Sprintf("step %s: maps were not compared with %s: only one of the kernels has run %d of the packets", f.step, last.Kernel, n))
		return ""
	}
	for _, name := range f.want.Maps {
		if seen := mapDiffers(name, f.seen.maps[name], other.seen.maps[name], on.Kernel, last.Kernel); seen != "" {
			return fmt.Sprintf("after %d packets of seed %d %s; again: %s", len(f.seen.ran), f.want.Seed, seen, fmt.Sprintf(on.Again, last.Kernel+","+on.Kernel))
		}
	}
	return ""
}

// mapDiffers returns the first entry that two readings of a map do not share.
func mapDiffers(name string, a, b wire.MapResult, onA, onB string) string {
	x, y := sortedEntries(a), sortedEntries(b)
	for i := range max(len(x), len(y)) {
		var ours, theirs string
		if i < len(x) {
			ours = x[i]
		}
		if i < len(y) {
			theirs = y[i]
		}
		if ours != theirs {
			return fmt.Sprintf("the map %s is another one: %s has %s, %s has %s", name, onA, cmp.Or(ours, "nothing more"), onB, cmp.Or(theirs, "nothing more"))
		}
	}
	if a.Cut || b.Cut {
		return fmt.Sprintf("the map %s is too large to be compared", name)
	}
	return ""
}

func sortedEntries(m wire.MapResult) []string {
	var out []string
	for _, e := range m.Entries {
		out = append(out, fmt.Sprintf("%x: %x", e.Key, e.Values))
	}
	slices.Sort(out)
	return out
}
