package session

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/probe"
)

// answer is what the kernel said to one program, loaded or probed.
type answer struct {
	name     string
	accepted bool
	errno    string
	log      string
	why      string // the verifier's complaint, or the loader's
	insns    int
}

// answers returns the answers for the named program, or for all programs and probes.
func answers(program string, o *observation) []answer {
	var out []answer
	for _, p := range o.programs {
		if program == "" || p.Name == program {
			out = append(out, answer{p.Name, p.Accepted, p.Errno, p.Log + "\n" + p.Message, cmp.Or(probe.Complaint(p.Log), p.Message), p.Insns})
		}
	}
	for _, p := range o.probes {
		out = append(out, answer{probeName(p.probe), p.result.Accepted, p.result.Errno, p.result.Log, probe.Complaint(p.result.Log), p.result.Insns})
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
	text := a.name + ": rejected"
	for _, part := range []string{a.errno, a.why} {
		if part != "" {
			text += ", " + part
		}
	}
	return text
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
