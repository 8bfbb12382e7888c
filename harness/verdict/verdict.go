// Package verdict holds the words a run ends in and the records it leaves:
// verdicts, steps, cells and whole results, with their stable JSON form.
//
// The JSON keys are a published contract (docs/results.md): snake_case,
// durations in seconds, sizes in bytes. Adding a key is allowed, changing the
// meaning of one raises Schema.
package verdict

import "time"

// Schema is the version of the JSON layout of Result.
const Schema = 1

// Verdict says how a cell or a step ended.
type Verdict string

const (
	// Pass: everything observed was what the lab expects on this kernel.
	Pass Verdict = "pass"
	// Fail: the lab saw something else than it expects. A kernel panic or
	// oops while a lab runs is a Fail as well.
	Fail Verdict = "fail"
	// Unsupported: the kernel lacks a declared need, which Reason names.
	Unsupported Verdict = "unsupported"
	// Infra: the machine's fault (no boot, lost transport); the only verdict
	// that is retried.
	Infra Verdict = "infra"
	// Timeout: a step did not end in its time; Reason names the step.
	Timeout Verdict = "timeout"
)

// Exit codes of the command.
const (
	ExitOK    = 0 // all as expected
	ExitFail  = 1 // a verdict is not as expected
	ExitUsage = 2 // usage or a bad document
	ExitInfra = 3 // infrastructure
)

// Worse returns the more serious of two verdicts:
// infra > timeout > fail > unsupported > pass.
func Worse(a, b Verdict) Verdict {
	if rank[b] > rank[a] {
		return b
	}
	return a
}

var rank = map[Verdict]int{Pass: 0, Unsupported: 1, Fail: 2, Timeout: 3, Infra: 4}

// Kernel identifies the kernel a cell ran on.
type Kernel struct {
	Selector string `json:"selector"`          // as asked for: "6.1", "latest"
	Release  string `json:"release"`           // what uname -r said in the guest; empty if it never answered
	Source   string `json:"source"`            // "debian", "local", ...
	Package  string `json:"package"`           // name of the package that carries the image
	Version  string `json:"version"`           // version of that package
	SHA256   string `json:"sha256"`            // of the package, or of the file for a local kernel
	Track    string `json:"track,omitempty"`   // of the source: "22.04/aws"
	Arch     string `json:"arch,omitempty"`    // by Debian's name: "arm64"; "" means amd64
	Suite    string `json:"suite,omitempty"`   // of the distribution: "bookworm-security"
	Signer   string `json:"signer,omitempty"`  // fingerprint of the key that vouches for the package
	Variant  string `json:"variant,omitempty"` // in what it differs from how it is usually booted: "jit=off"
}

// Step is one step of a lab on one kernel.
type Step struct {
	Name     string   `json:"name"`
	Verdict  Verdict  `json:"verdict"`
	Expected string   `json:"expected"` // what the first failed check wanted, else all of them
	Seen     string   `json:"seen"`
	Checks   []Check  `json:"checks,omitempty"`
	Notes    []string `json:"notes,omitempty"` // e.g. "XDP attached in native mode"
	Log      string   `json:"log,omitempty"`   // verifier log or output worth keeping, cut to 64 KiB
	Seconds  float64  `json:"seconds"`

	Metrics  map[string]float64 `json:"metrics,omitempty"`   // a benchmark's, by unit: "ns/op"
	RunTimes []RunTime          `json:"run_times,omitempty"` // of programs, where that was asked for
}

// Check is one check of a step. When is the kernel condition it carried.
type Check struct {
	Kind     string  `json:"kind"`
	When     string  `json:"when,omitempty"`
	Verdict  Verdict `json:"verdict"`
	Expected string  `json:"expected"`
	Seen     string  `json:"seen"`
}

// Durations splits a cell's wall time, in seconds.
type Durations struct {
	Wait  float64 `json:"wait"`  // for a free place in the scheduler
	Start float64 `json:"start"` // boot or fork, to the agent's ready frame
	Build float64 `json:"build"` // clang; near zero from the cache
	Load  float64 `json:"load"`  // loading and attaching in the kernel
	Run   float64 `json:"run"`   // workloads and checks
}

// Total returns the sum of all parts, in seconds.
func (d Durations) Total() float64 { return d.Wait + d.Start + d.Build + d.Load + d.Run }

// Attempt is one try at a cell; all but the last were infra.
type Attempt struct {
	Verdict Verdict `json:"verdict"`
	Reason  string  `json:"reason"`
	Where   string  `json:"where,omitempty"` // server or cluster member

	Accelerator string    `json:"accelerator,omitempty"` // "kvm" or "tcg", where the provider says
	Console     string    `json:"console"`
	Durations   Durations `json:"durations"`
}

// Cell is one lab on one kernel with one provider.
type Cell struct {
	Lab       string    `json:"lab"`
	LabSHA256 string    `json:"lab_sha256"`         // "" for a command, which is no lab
	LabFile   string    `json:"lab_file,omitempty"` // absolute path of a document that is not of the course
	Object    string    `json:"object_sha256,omitempty"`
	Binary    string    `json:"binary,omitempty"` // of Go tests, and for which architecture it was compiled
	Provider  string    `json:"provider"`
	Kernel    Kernel    `json:"kernel"`
	Verdict   Verdict   `json:"verdict"`
	Reason    string    `json:"reason"`
	Attempts  []Attempt `json:"attempts"`
	Steps     []Step    `json:"steps"`
	Durations Durations `json:"durations"`
	StartKind string    `json:"start_kind"`      // "boot", "fork" or "standby"
	Where     string    `json:"where,omitempty"` // server or cluster member of the last attempt; none is this host
	BootID    string    `json:"boot_id"`

	Hypervisor *Hypervisor `json:"hypervisor,omitempty"` // of the last attempt, where the provider says
	Console    string      `json:"console"`              // path of the console log, relative to the result directory
	Splat      string      `json:"splat,omitempty"`      // panic or oops, cut from the console
	Earlier    bool        `json:"earlier,omitempty"`    // of an earlier run of `bpflab check --watch`: nothing that it depends on has changed
	Warnings   []string    `json:"warnings,omitempty"`
}

// Result is a whole run.
type Result struct {
	Schema  int       `json:"schema"`
	Tool    string    `json:"tool"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	Command []string  `json:"command,omitempty"`
	Starter bool      `json:"starter,omitempty"` // with the labs' starters instead of their solutions
	// Provider and Target are as asked for: "lxd:REMOTE", and a member or group of its
	// cluster. A cell has only the provider's name.
	Provider string `json:"provider,omitempty"`
	Target   string `json:"target,omitempty"`
	Cells    []Cell `json:"cells"`
}

// Exit maps a result to the command's exit code. Unsupported is as expected:
// where a kernel should have had what it lacks, the verdict is Fail. A failure
// outranks infra, so that a finding of the lab is never hidden.
func (r Result) Exit() int {
	infra := false
	for _, c := range r.Cells {
		switch c.Verdict {
		case Pass, Unsupported:
		case Infra:
			infra = true
		default:
			return ExitFail
		}
	}
	if infra {
		return ExitInfra
	}
	return ExitOK
}

// Phase is where a cell stands, for live display.
type Phase string

const (
	PhaseWait  Phase = "wait"
	PhaseBuild Phase = "build"
	PhaseStart Phase = "start"
	PhaseStep  Phase = "step"
	PhaseSend  Phase = "send" // a large file goes to the guest
	PhaseDone  Phase = "done"
)

// Event is one change of a cell's state, in the order it happened. Cell is
// set with PhaseDone alone; Index is the cell's place in the plan.
type Event struct {
	Index   int
	Phase   Phase
	Step    string // name of the step that began, with PhaseStep
	Attempt int    // from 1
	Sent    int64  // of Size bytes, with PhaseSend
	Size    int64
	Cell    *Cell
}
