package apt

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Result is what came of asking one suite.
type Result struct {
	Suite string
	Refs  []kernel.Ref
	Err   error
}

// Join puts the suites' kernels together, in the order of suites for kernels of one
// version. Suites that failed are notes, as explain has them; without any suite's answer
// the error is theirs.
func Join(results []Result, want kernel.Range, explain func(failed []Result) []error) (refs []kernel.Ref, notes []string, err error) {
	var failed []Result
	for _, r := range results {
		if r.Err != nil {
			failed = append(failed, r)
		}
		for _, ref := range r.Refs {
			if want.Contains(ref.Version) {
				refs = append(refs, ref)
			}
		}
	}
	failures := explain(failed)
	if len(failed) > 0 && len(failed) == len(results) {
		return nil, nil, failedSuites(failures)
	}
	for _, f := range failures {
		notes = append(notes, f.Error())
	}
	return refs, notes, nil
}

// failedSuites are the errors of all suites that were asked. Its message is one sentence.
type failedSuites []error

func (f failedSuites) Error() string {
	if len(f) == 1 {
		return f[0].Error()
	}
	return fmt.Sprintf("%v (and so did %d more of its suites)", f[0], len(f)-1)
}

// Unwrap gives the errors of the suites.
func (f failedSuites) Unwrap() []error { return f }

// CheckMirror returns the URL without a slash at its end, and refuses what is no http URL;
// example is one that would do.
func CheckMirror(base, example string) (string, error) {
	base = strings.TrimRight(base, "/")
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("mirror %q is no http or https URL; want for example %s", base, example)
	}
	return base, nil
}
