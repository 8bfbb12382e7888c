package session

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/lab"
)

// answer is what the kernel said to one program, loaded or probed.
type answer struct {
	name     string
	accepted bool
	errno    string
	log      string
	insns    int
}

// answers are those of the named program, or of all programs and probes.
func answers(program string, o *observation) []answer {
	var out []answer
	for _, p := range o.programs {
		if program == "" || p.Name == program {
			out = append(out, answer{p.Name, p.Accepted, p.Errno, p.Log + "\n" + p.Message, p.Insns})
		}
	}
	for _, p := range o.probes {
		out = append(out, answer{probeName(p.probe), p.result.Accepted, p.result.Errno, p.result.Log, p.result.Insns})
	}
	return out
}

func probeName(p lab.Probe) string {
	name := strings.ReplaceAll(p.Kind, "_", " ")
	if p.N != 0 {
		name += fmt.Sprintf(" %d", p.N)
	}
	return name + " as " + p.As
}

func (a answer) isAccepted() bool { return a.accepted }

func (a answer) isRejected(want lab.Rejected) bool {
	if a.accepted || (want.Errno != "" && a.errno != want.Errno) {
		return false
	}
	re, err := regexp.Compile(want.Message)
	return err == nil && re.MatchString(a.log)
}

func (a answer) String() string {
	if a.accepted {
		return a.name + ": accepted"
	}
	text := a.name + ": rejected, " + a.errno
	if why := lastWords(a.log); why != "" {
		text += ", " + why
	}
	return text
}

// notTheReason are beginnings of log lines that follow the reason: statistics,
// the states of a loop, and the wrapping of github.com/cilium/ebpf.
var notTheReason = []string{"processed ", "verification time ", "stack depth ", "cur state:", "old state:", "load program: "}

// lastWords is the line of a verifier log that says why: the last one before
// what follows a reason. Since 7.x a long explanation follows it too.
func lastWords(log string) string {
	log, _, _ = strings.Cut(log, "\nVerification failed:")
	last := ""
	for line := range strings.Lines(log) {
		line = strings.TrimSpace(line)
		follows := func(beginning string) bool { return strings.HasPrefix(line, beginning) }
		if line != "" && !slices.ContainsFunc(notTheReason, follows) {
			last = line
		}
	}
	return last
}

func judgeAnswers(program string, o *observation, want func(answer) bool) (bool, string) {
	all := answers(program, o)
	ok := len(all) > 0
	var lines []string
	for _, a := range all {
		ok = ok && want(a)
		lines = append(lines, a.String())
	}
	if len(all) == 0 {
		return false, "no such program"
	}
	return ok, strings.Join(lines, "\n")
}

func judgeInsns(want lab.Insns, o *observation) (bool, string) {
	for _, a := range answers(want.Program, o) {
		ok := a.insns > 0 && (want.Max == 0 || a.insns <= want.Max) && a.insns >= want.Min
		return ok, fmt.Sprintf("%d instructions processed", a.insns)
	}
	return false, "no such program"
}
