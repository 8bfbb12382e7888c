package debian

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
)

// explain returns one error for each suite, but a single one for the archive,
// which many machines do not reach.
func explain(failed []apt.Result) []error {
	var failures []error
	var archived []apt.Result
	for _, r := range failed {
		if archivedSuite(r.Suite) {
			archived = append(archived, r)
			continue
		}
		failures = append(failures, r.Err)
	}
	if len(archived) > 0 {
		failures = append(failures, archiveError(archived))
	}
	return failures
}

func archiveError(failed []apt.Result) error {
	var series []string
	for _, r := range failed {
		if s, _ := suiteNamed(r.Suite); len(series) == 0 || series[len(series)-1] != s.kernels {
			series = append(series, s.kernels)
		}
	}
	why := failed[0].Err
	var named *kernel.UnavailableError
	if errors.As(why, &named) {
		why = named.Err
	}
	return &kernel.UnavailableError{
		What: "Debian's archive, which has " + strings.Join(series, " and "),
		Err:  fmt.Errorf("%w; such a kernel can also be imported (bpflab kernels import)", why),
	}
}

func archivedSuite(name string) bool {
	s, ok := suiteNamed(name)
	return ok && s.archived()
}
