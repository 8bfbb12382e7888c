package debian

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
)

// suiteResult is what came of asking one suite.
type suiteResult struct {
	suite suite
	refs  []kernel.Ref
	err   error
}

// join puts the suites' kernels together, in the order of suites for kernels
// of one version. Without any suite's answer the error is theirs.
func join(results []suiteResult, want kernel.Range) (refs []kernel.Ref, notes []string, err error) {
	var failed []suiteResult
	for _, r := range results {
		if r.err != nil {
			failed = append(failed, r)
		}
		for _, ref := range r.refs {
			if want.Contains(ref.Version) {
				refs = append(refs, ref)
			}
		}
	}
	failures := explain(failed)
	if len(failed) > 0 && len(failed) == len(results) {
		return nil, nil, errors.Join(failures...)
	}
	for _, f := range failures {
		notes = append(notes, f.Error())
	}
	return refs, notes, nil
}

// explain returns one error for each suite, but a single one for the archive,
// which many machines do not reach.
func explain(failed []suiteResult) []error {
	var failures []error
	var archived []suiteResult
	for _, r := range failed {
		if r.suite.archived() {
			archived = append(archived, r)
			continue
		}
		failures = append(failures, r.err)
	}
	if len(archived) > 0 {
		failures = append(failures, archiveError(archived))
	}
	return failures
}

func archiveError(failed []suiteResult) error {
	var series []string
	for _, r := range failed {
		if s := r.suite.kernels; len(series) == 0 || series[len(series)-1] != s {
			series = append(series, s)
		}
	}
	why := failed[0].err
	var named *kernel.UnavailableError
	if errors.As(why, &named) {
		why = named.Err
	}
	return &kernel.UnavailableError{
		What: "Debian's archive, which has " + strings.Join(series, " and "),
		Err:  fmt.Errorf("%w; such a kernel can also be imported (bpflab kernels import)", why),
	}
}
