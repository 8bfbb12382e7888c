package verify

import (
	"time"

	"github.com/bpflab/bpflab/harness/annotation"
	"github.com/bpflab/bpflab/harness/libbpf"
)

// Schema is the version of Report's JSON.
const Schema = 1

// Report is one run of `bpflab verify`.
type Report struct {
	Schema  int       `json:"schema"`
	Tool    string    `json:"tool"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	Results []Result  `json:"results"`
	Over    []Over    `json:"over_budget,omitempty"`

	Coverage []Coverage `json:"coverage,omitempty"` // with presets and profiles

	Presets   []PresetInfo `json:"presets,omitempty"`
	SetGlobal []string     `json:"set_global,omitempty"` // what all presets have, and objects without one
}

// Result is one program on one kernel. Counts are 0 where the kernel does not report them.
type Result struct {
	Object        string   `json:"object"`
	Program       string   `json:"program"`
	Preset        string   `json:"preset,omitempty"` // the values of the object's variables
	Section       string   `json:"section"`
	Type          string   `json:"type"`
	Kernel        string   `json:"kernel"`  // the selector, "6.1"
	Release       string   `json:"release"` // uname -r
	SHA256        string   `json:"kernel_sha256,omitempty"`
	Arch          string   `json:"kernel_arch,omitempty"` // by Debian's name: "arm64"; "" means amd64
	Loader        string   `json:"loader"`                // Cilium or Libbpf
	LoaderVersion string   `json:"loader_version,omitempty"`
	Verdict       string   `json:"verdict"` // accepted, rejected, loader, undecided, optional, unsupported, infra
	Accepted      bool     `json:"accepted"`
	Unread        bool     `json:"unread,omitempty"` // the loader did not read the object, see Reason; Program may be ""
	Infra         string   `json:"infra,omitempty"`  // why the kernel could not be asked
	Stage         string   `json:"stage,omitempty"`  // of a rejection: map, relocate, load, attach, crash, warning
	Errno         string   `json:"errno,omitempty"`
	Insns         int      `json:"insns"` // processed by the verifier
	States        int      `json:"states"`
	PeakStates    int      `json:"peak_states"`
	StackDepth    string   `json:"stack_depth,omitempty"`     // bytes, of each subprogram: "16+8"
	StackMax      int      `json:"stack_depth_max,omitempty"` // bytes, of the deepest chain of calls
	JitedLen      int      `json:"jited_len"`                 // bytes
	XlatedLen     int      `json:"xlated_len"`
	Load          float64  `json:"load_seconds"`
	Reason        *Reason  `json:"reason,omitempty"`
	Prepared      []string `json:"prepared,omitempty"` // what was done to the object's maps, and what is to be known of its variables
	Warning       string   `json:"warning,omitempty"`  // what else the user should know: reports of the kernel that were expected
	Log           string   `json:"log,omitempty"`      // path, relative to the result directory
	Profile       *Profile `json:"profile,omitempty"`  // of an accepted program, if that was asked for

	Expect *Expectation `json:"expect,omitempty"` // by the program's annotations, if that was asked for

	log     string           // the verifier's, until the result is explained
	end     []string         // the log's: see lastWords
	seen    *annotation.Seen // of a test, until it is judged
	second  bool             // another loader did not load it
	refused libbpf.MapSpec   // of the map that the kernel did not create, where libbpf asked
}

// Reason says why a program was rejected.
type Reason struct {
	Code string `json:"code"`
	Text string `json:"text"`
	Line string `json:"line,omitempty"` // of the C source, and the instruction
	Fix  string `json:"fix,omitempty"`

	Message      string  `json:"message,omitempty"`       // of the loader, before any explanation
	Since        *string `json:"since"`                   // the first kernel of this run above that accepts it; null if none does
	SinceRelease string  `json:"since_release,omitempty"` // that kernel's
}

// Exit returns the command's exit code: 1 if a program was rejected, by the kernel or the
// loader, or is over its budget, or no object was read, else 3 if a kernel could not be
// asked.
func (r Report) Exit() int {
	if r.nothingJudged() || len(r.Over) > 0 || len(r.Results) > 0 && r.Unread() == len(r.Results) {
		return 1
	}
	infra := false
	for _, one := range r.Results {
		switch {
		case one.Infra != "":
			infra = true
		case one.Expect != nil:
			if one.Expect.Verdict == Fail || one.Expect.Verdict == ByLoader {
				return 1
			}
		case one.failed():
			return 1
		}
	}
	if infra {
		return 3
	}
	return 0
}

// Unread counts the results that say why something was not read.
func (r Report) Unread() (n int) {
	for _, one := range r.Results {
		if one.Unread {
			n++
		}
	}
	return n
}
