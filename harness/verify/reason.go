package verify

import (
	"cmp"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// failure is a rejection on its way to a reason.
type failure struct {
	*Result
	program Program
	version kernel.Version
	variant kernel.Variant
	match   []string // of the rule's expression
}

// rules are tried in this order; the first that fits gives the reason.
var rules = slices.Concat(lockdownRules, loaderRules, missingRules, sizeRules, callRules, lifetimeRules, accessRules, linkRules, programRules,
	objectRules, pointerRules, codeRules, attachRules)

// explain fills in the reason of a program that a kernel rejected, unless it is known.
func (r *Result) explain(p Program, k kernel.Image) {
	if r.Reason != nil && r.Reason.Code == "" {
		(&failure{Result: r, program: p, version: k.Version, variant: k.Variant}).explain()
	}
}

// markSince fills in since which kernel of the run a program is accepted.
func markSince(all []Result, kernels []kernel.Image) []Result {
	versions := map[string]kernel.Version{}
	for _, k := range kernels {
		versions[k.Selector] = k.Version
	}
	for i := range all {
		r := &all[i]
		if r.Reason == nil {
			continue
		}
		if first := since(all, versions, r); first != nil {
			r.Reason.Since, r.Reason.SinceRelease = &first.Kernel, first.Release
		}
	}
	return all
}

// explain finds the rule that fits: by the kernel's own words, and only if none does by the
// loader's.
func (f *failure) explain() {
	f.Reason.Message = f.Reason.Text
	if words := complaint(f.log); words != "" && f.asked() && f.explainBy(words) {
		return
	}
	if !f.explainBy(withoutLog(message(f), f.log)) {
		f.explainAsKernel()
	}
}

// asked reports whether the kernel's log is about the failure: not that of a program that was
// loaded and could not be attached.
func (f *failure) asked() bool { return f.Stage == "" || f.Stage == wire.StageLoad }

// explainBy gives the reason of the first rule that fits what was said, and reports whether
// one does.
func (f *failure) explainBy(said string) bool {
	for _, r := range rules {
		if f.fits(r, said) {
			f.Reason.Code, f.Reason.Text, f.Reason.Fix, f.Reason.Line = r.code, strings.TrimSpace(r.text(f)), r.remedy(f), f.line()
			return true
		}
	}
	return false
}

// fits reports whether a rule is about this failure.
func (f *failure) fits(r rule, said string) bool {
	if r.stage != "" && r.stage != f.Stage || r.errno != "" && r.errno != f.Errno {
		return false
	}
	if r.says != nil {
		if f.match = lastMatch(r.says, said); f.match == nil {
			return false
		}
	}
	return r.when == nil || r.when(f)
}

// explainAsKernel gives the explanation of Linux 7.3 and later, or else the last line of
// the log.
func (f *failure) explainAsKernel() {
	f.Reason.Code, f.Reason.Line = "rejected", f.line()
	f.Reason.Text = cmp.Or(probe.Complaint(f.log), unnamed(f.Reason.Text, f.Result.Program))
	f.Reason.Fix = cmp.Or(explained(f.log, "Suggestion:"), "the log has the instructions before it")
	if long := explained(f.log, "Reason:"); long != "" {
		f.Reason.Text += ": " + long
	}
}

// line returns the line of C where the verifier gave up, and the instruction.
func (f *failure) line() string {
	line, insn := source(probe.Terse(f.log))
	if n, ok := f.needAt(); ok && strings.Contains(f.log, poisonedLine) {
		line = n.line
	}
	return strings.Trim(line+" | "+insn, " |")
}

// lastMatch returns the last match of an expression: where the verifier gave up.
func lastMatch(like *expression, text string) []string {
	all := like.compiled().FindAllStringSubmatch(text, -1)
	if all == nil {
		return nil
	}
	return all[len(all)-1]
}

// since returns the result of the first kernel of the run, above a rejected program's and of
// its architecture, that accepts it; nil if none does.
func since(all []Result, versions map[string]kernel.Version, rejected *Result) (first *Result) {
	for i := range all {
		r := &all[i]
		if r.Object != rejected.Object || r.Arch != rejected.Arch || r.Program != rejected.Program || r.Preset != rejected.Preset || r.Loader != rejected.Loader && !r.second && !rejected.second || !r.Accepted || versions[r.Kernel].Compare(versions[rejected.Kernel]) <= 0 {
			continue
		}
		if first == nil || versions[r.Kernel].Compare(versions[first.Kernel]) < 0 {
			first = r
		}
	}
	return first
}
