package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/ci/steps"
	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/harness/verdict"
)

// report is what the machine showed.
type report struct {
	rows     table.Table
	problems []string
	failed   []string // steps
	skipped  []string
	notes    []string
}

// expectation is what a step must show.
type expectation struct {
	step   string
	status int
	look   func(steps.Run, steps.Step) error
}

// judge compares the steps with what they should have done.
func judge(done steps.Run, o options) *report {
	r := &report{rows: table.Table{Head: []string{"step", "seconds", "machine started in", "as it should be"}}}
	for _, want := range expectations(o) {
		r.check(done, want)
	}
	if o.short {
		r.skipped = append(r.skipped, "panic, hang, cold boots, verify, the tests of clocks and entropy, other kernels, and the comparison with TCG (make test-kvm has them)")
	} else {
		r.compare(done, once(o))
	}
	for _, name := range []string{"doctor-none", "doctor-rights", "doctor-silent", "doctor-kvm"} {
		if s, ok := done.Find(name); ok {
			r.notes = append(r.notes, name+":\n"+aboutKVM.FindString(s.Stdout))
		}
	}
	return r
}

// aboutKVM finds what doctor says of KVM: a line, and those that go on below it.
var aboutKVM = regexp.MustCompile(`(?m)^\w+ +kvm .*(\n +.*)*`)

// expectations returns those of all steps, in the order of guest.sh.
func expectations(o options) []expectation {
	all := []expectation{
		{"doctor-none", 0, says(`kvm.*no /dev/kvm`)},
		{"modprobe", 0, nil},
		{"doctor-rights", 0, says(`(?s)kvm.*no rights.*group kvm`)},
		{"doctor-silent", 0, says(`(?s)kvm.*a guest in KVM did not come to its end.*an emulated one needed`)},
		{"doctor-kvm", 0, says(`ok +kvm `)},
	}
	for _, k := range o.kernels {
		all = append(all,
			expectation{"hello-template-" + k, 0, cells(verdict.Pass, "fork", "kvm")},
			expectation{"hello-fork-" + k, 0, cells(verdict.Pass, "fork", "kvm")})
		if o.short {
			continue
		}
		all = append(all,
			expectation{"hello-cold-" + k, 0, cells(verdict.Pass, "boot", "kvm")},
			expectation{"panic-" + k, verdict.ExitFail, panics},
			expectation{"tests-" + k, 0, passes})
	}
	if k := once(o); k != "" {
		all = append(all,
			expectation{"verify", 0, says("accepted")},
			expectation{"hang-" + k, verdict.ExitFail, says("the machine hangs")},
			expectation{"ends-" + k, 0, passes},
			expectation{"tcg-cold-" + k, 0, cells(verdict.Pass, "boot", "tcg")},
			expectation{"tcg-template-" + k, 0, cells(verdict.Pass, "fork", "tcg")},
			expectation{"tcg-fork-" + k, 0, cells(verdict.Pass, "fork", "tcg")})
	}
	return all
}

func (r *report) check(done steps.Run, want expectation) {
	s, ok := done.Find(want.step)
	if !ok {
		r.fail(want.step, "-", "it never ran")
		return
	}
	err := error(nil)
	if s.Status != want.status {
		err = fmt.Errorf("exit status %d, want %d: %s", s.Status, want.status, lastLine(s))
	} else if want.look != nil {
		err = want.look(done, s)
	}
	took := fmt.Sprintf("%.1f", s.Seconds)
	if err != nil {
		r.fail(want.step, took, err.Error())
		return
	}
	r.rows.Add(want.step, took, start(done, want.step), "yes")
}

func (r *report) fail(step, seconds, why string) {
	r.problems, r.failed = append(r.problems, step+": "+why), append(r.failed, step)
	r.rows.Add(step, seconds, "", "**no**: "+why)
}

// lastLine returns the last words of a step.
func lastLine(s steps.Step) string {
	text := strings.TrimSpace(s.Stdout + "\n" + s.Stderr)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

// start returns how long the step's machine took to start, "" where it had none.
func start(done steps.Run, name string) string {
	if seconds, ok := startOf(done, name); ok {
		return fmt.Sprintf("%.2f s", seconds)
	}
	return ""
}

func startOf(done steps.Run, name string) (float64, bool) {
	result, err := done.Result(name)
	if err != nil || len(result.Cells) != 1 {
		return 0, false
	}
	return result.Cells[0].Durations.Start, true
}

// says returns a look at what a step printed.
func says(pattern string) func(steps.Run, steps.Step) error {
	want := regexp.MustCompile(pattern)
	return func(_ steps.Run, s steps.Step) error {
		if !want.MatchString(s.Stdout + "\n" + s.Stderr) {
			return fmt.Errorf("it does not say %q: %s", pattern, lastLine(s))
		}
		return nil
	}
}

// cells returns a look at the cells of a step's result.
func cells(want verdict.Verdict, started, accelerator string) func(steps.Run, steps.Step) error {
	return func(done steps.Run, s steps.Step) error {
		result, err := done.Result(s.Name)
		if err != nil {
			return err
		}
		for _, c := range result.Cells {
			switch {
			case c.Verdict != want:
				return fmt.Errorf("%s, %s", c.Verdict, c.Reason)
			case c.Hypervisor == nil || c.Hypervisor.Accelerator != accelerator:
				return fmt.Errorf("the hypervisor is %+v, want %s", c.Hypervisor, accelerator)
			case c.StartKind != started:
				return fmt.Errorf("a %s, want a %s", c.StartKind, started)
			case len(c.Warnings) > 0:
				return fmt.Errorf("a warning: %s", c.Warnings[0])
			}
		}
		return nil
	}
}

// panics looks whether the kernel's end is the verdict's reason.
func panics(done steps.Run, s steps.Step) error {
	result, err := done.Result(s.Name)
	if err != nil {
		return err
	}
	for _, c := range result.Cells {
		if c.Verdict != verdict.Fail || !strings.Contains(c.Reason, "panic") {
			return fmt.Errorf("%s, %q, want a panic", c.Verdict, c.Reason)
		}
	}
	return nil
}

// passes looks whether tests ran, and none was skipped.
func passes(_ steps.Run, s steps.Step) error {
	if !strings.Contains(s.Stdout, "--- PASS: ") || strings.Contains(s.Stdout, "--- SKIP: ") {
		return fmt.Errorf("not every test ran: %s", lastLine(s))
	}
	return nil
}

// compare judges KVM against TCG in the same place: it does the same work, of which less
// is emulated twice.
func (r *report) compare(done steps.Run, kernel string) {
	for _, kind := range []string{"cold", "fork"} {
		kvm, ok := startOf(done, "hello-"+kind+"-"+kernel)
		tcg, other := startOf(done, "tcg-"+kind+"-"+kernel)
		if !ok || !other || tcg == 0 {
			continue // which is a problem of its own
		}
		line := fmt.Sprintf("%s on %s: %.2f s with KVM, %.2f s without, ratio %.2f (at most 1)", kind, kernel, kvm, tcg, kvm/tcg)
		r.notes = append(r.notes, line)
		if kvm > tcg {
			r.problems = append(r.problems, line)
		}
	}
}

func (r *report) write(w io.Writer) {
	r.rows.Write(w)
	for _, note := range r.notes {
		fmt.Fprintf(w, "\n%s\n", note)
	}
	for _, skip := range r.skipped {
		fmt.Fprintf(w, "\nSKIPPED: %s\n", skip)
	}
	for _, problem := range r.problems {
		fmt.Fprintf(w, "\nPROBLEM: %s\n", problem)
	}
	fmt.Fprintf(w, "\ntest-kvm: %d problems\n", len(r.problems))
}
