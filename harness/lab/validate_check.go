package lab

import (
	"maps"
	"slices"
	"strconv"

	"github.com/bpflab/bpflab/harness/document"
)

// checkValidator validates one check: that it can be judged in its step, and
// that it can fail.
type checkValidator struct {
	*stepValidator
	path  string
	check *Check
	loads bool // the step loads a program
}

func (v *checkValidator) key(name string) string { return document.Join(v.path, name) }

func (v *checkValidator) validate() {
	c := v.check
	if c.When != nil && c.When.IsZero() {
		v.fail(v.key("when"), "", "when is empty")
	}
	switch {
	case c.Trace != nil:
		v.needsLoad("trace")
		v.pattern(v.key("trace.matches"), c.Trace.Matches)
		settleMin(&c.Trace.Min, c.Trace.Count)
	case c.Stdout != nil:
		v.needsRun("stdout")
		v.pattern(v.key("stdout.matches"), c.Stdout.Matches)
	case c.Exit != nil:
		v.needsRun("exit")
	case c.Map != nil:
		v.needsLoad("map")
	case c.Event != nil:
		v.event(c.Event)
	case c.Packets != nil:
		v.packets(c.Packets)
	case c.TestRun != nil:
		v.testRun(c.TestRun)
	case c.RunTime != nil:
		v.runTime(c.RunTime)
	default:
		v.verifier()
	}
}

// verifier validates the checks of what the verifier said.
func (v *checkValidator) verifier() {
	switch c := v.check; {
	case c.Accepted != nil:
		v.names("accepted", c.Accepted.Program)
	case c.Rejected != nil:
		v.names("rejected", c.Rejected.Program)
		v.pattern(v.key("rejected.message"), c.Rejected.Message)
	case c.Insns != nil:
		v.names("insns", c.Insns.Program)
		if c.Insns.Max > 0 && c.Insns.Min > c.Insns.Max {
			v.fail(v.key("insns.min"), "", "min %d is more than max %d", c.Insns.Min, c.Insns.Max)
		}
	}
}

func (v *checkValidator) needsLoad(kind string) {
	if !v.loads {
		v.fail(v.key(kind), "name a C file as program", "%s needs a program, and the step loads none", kind)
	}
}

func (v *checkValidator) needsRun(kind string) {
	if len(v.step.Run) == 0 {
		v.fail(v.key(kind), "put the commands in an ```sh block of the step", "%s is for commands, and the step has none", kind)
	}
}

// settleMin fills in the default of min, which only a missing count leaves.
func settleMin(least *int, count *int) {
	if count == nil && *least == 0 {
		*least = 1
	}
}

func (v *checkValidator) event(e *Event) {
	v.needsLoad("event")
	settleMin(&e.Min, e.Count)
	if v.has(v.key("event.where")) && !v.has(v.key("event.type")) {
		v.fail(v.key("event.where"), "name the record's struct as type", "where needs the type of the record")
	}
}

func (v *checkValidator) packets(p *Packets) {
	if !v.has("send") {
		v.fail(v.key("packets"), "add a send entry to the step", "packets are checked, and the step sends none")
		return
	}
	sent := v.sent()
	total, ok := sent[p.Port]
	switch {
	case ok:
		v.counts(p, total)
	case v.has(v.key("packets.port")):
		v.noSuchPort(p.Port, sent)
	}
}

func (v *checkValidator) noSuchPort(port int, sent map[int]int) {
	v.fail(v.key("packets.port"), document.DidYouMean(strconv.Itoa(port), portNames(sent)), "the step sends nothing to port %d", port)
}

// sent counts the datagrams by port.
func (v *checkValidator) sent() map[int]int {
	out := map[int]int{}
	for _, s := range v.step.Send {
		out[s.UDP] += s.Count
	}
	return out
}

func portNames(sent map[int]int) []string {
	var out []string
	for _, port := range slices.Sorted(maps.Keys(sent)) {
		out = append(out, strconv.Itoa(port))
	}
	return out
}

// counts wants numbers that can come true when total datagrams are sent.
func (v *checkValidator) counts(p *Packets, total int) {
	v.atMost("packets.received", p.Received, total)
	v.atMost("packets.dropped", p.Dropped, total)
	if p.Received != nil && p.Dropped != nil && *p.Received+*p.Dropped != total {
		v.fail(v.key("packets.dropped"), "", "received and dropped add up to %d, and the step sends %d to port %d",
			*p.Received+*p.Dropped, total, p.Port)
	}
}

func (v *checkValidator) atMost(key string, n *int, total int) {
	if n != nil && *n > total {
		v.fail(v.key(key), "", "%s is %d, and the step sends %d", document.Last(key), *n, total)
	}
}

// runTime wants two programs that are loaded.
func (v *checkValidator) runTime(r *RunTime) {
	v.needsLoad("run_time")
	v.isLoaded(v.key("run_time.of"), r.Of)
	v.isLoaded(v.key("run_time.against"), r.Against)
	if r.Of == r.Against && r.Of != "" {
		v.fail(v.key("run_time.against"), "name another program", "%s is compared with itself", r.Of)
	}
}

// names wants a verifier's check to say what it is about.
func (v *checkValidator) names(kind, program string) {
	switch path := v.key(kind); {
	case program != "" && !v.loads:
		v.fail(document.Join(path, "program"), "name a C file as program", "%s names a program, and the step loads none", kind)
	case program != "":
		v.isLoaded(document.Join(path, "program"), program)
	case !v.has("probe"):
		v.fail(path, "name the program: "+kind+": {program: NAME}", "%s names no program, and the step has no probe", kind)
	}
}
