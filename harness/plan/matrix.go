package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Job is what one job of a CI system runs: all its labs on all its kernels.
type Job struct {
	Name    string `json:"name"`
	Labs    string `json:"labs"`    // names, with spaces between them
	Kernels string `json:"kernels"` // selectors, with commas between them
	Cells   int    `json:"cells"`
}

// bootWeight is what a kernel's first boot in a job costs, in cells.
const bootWeight = 4

// group is a job in the making.
type group struct {
	labs    []*lab.Lab
	kernels []kernel.Image
}

func (g group) weight() int { return len(g.kernels) * (len(g.labs) + bootWeight) }

// Jobs divides labs and kernels into jobs: one a kernel, or n of about equal work if n
// is not 0. Fewer come out where there is too little to divide. Labs that are not for
// a kernel are left out of its job.
func Jobs(labs []*lab.Lab, kernels []kernel.Image, n int) []Job {
	var groups []group
	for _, k := range kernels {
		g := group{kernels: []kernel.Image{k}}
		for _, l := range labs {
			if inRange(l, k) {
				g.labs = append(g.labs, l)
			}
		}
		if len(g.labs) > 0 {
			groups = append(groups, g)
		}
	}
	if n > 0 {
		groups = divide(join(groups, n), n)
	}
	jobs := make([]Job, len(groups))
	for i, g := range groups {
		jobs[i] = g.job(i, len(groups), n > 0)
	}
	return jobs
}

// join puts kernels with the same labs together, the lightest first, until there are
// no more than n groups, or none that can be joined.
func join(groups []group, n int) []group {
	for len(groups) > n {
		slices.SortStableFunc(groups, func(a, b group) int { return cmp.Compare(a.weight(), b.weight()) })
		i, j := pair(groups)
		if j == 0 {
			return groups
		}
		groups[i].kernels = append(groups[i].kernels, groups[j].kernels...)
		groups = slices.Delete(groups, j, j+1)
	}
	return groups
}

// pair is the first pair of groups with the same labs; j is 0 if there is none.
func pair(groups []group) (i, j int) {
	for i := range groups {
		for j := i + 1; j < len(groups); j++ {
			if slices.Equal(groups[i].labs, groups[j].labs) {
				return i, j
			}
		}
	}
	return 0, 0
}

// divide halves the labs of the heaviest group until there are n.
func divide(groups []group, n int) []group {
	for len(groups) < n {
		heaviest := -1
		for i, g := range groups {
			if len(g.labs) > 1 && (heaviest < 0 || g.weight() > groups[heaviest].weight()) {
				heaviest = i
			}
		}
		if heaviest < 0 {
			break
		}
		g := groups[heaviest]
		half := (len(g.labs) + 1) / 2
		groups[heaviest].labs = g.labs[:half]
		groups = slices.Insert(groups, heaviest+1, group{g.labs[half:], g.kernels})
	}
	return groups
}

func (g group) job(i, of int, numbered bool) Job {
	var names, selectors []string
	for _, l := range g.labs {
		names = append(names, l.Name)
	}
	for _, k := range g.kernels {
		selectors = append(selectors, k.Selector)
	}
	j := Job{Labs: strings.Join(names, " "), Kernels: strings.Join(selectors, ","), Cells: len(names) * len(selectors)}
	j.Name = j.Kernels
	if numbered {
		j.Name = fmt.Sprintf("%d of %d: %s", i+1, of, j.Kernels)
	}
	return j
}
