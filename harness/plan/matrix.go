package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Job is one job of a CI system: it runs all its labs on all its kernels.
type Job struct {
	Name    string `json:"name"`
	Labs    string `json:"labs"`    // names or paths, with spaces between them
	Kernels string `json:"kernels"` // selectors, with commas between them
	Cells   int    `json:"cells"`
}

// bootWeight is what a kernel's first boot in a job costs, in cells.
const bootWeight = 4

// group is a job in the making.
type group struct {
	labs    []*lab.Lab // those of any of its kernels, in the order given
	kernels []kernel.Image
	cells   int // fewer than labs times kernels where not every lab is for every kernel
}

func (g group) weight() int { return g.cells + len(g.kernels)*bootWeight }

// Jobs divides labs and kernels into jobs: one per kernel, or n of about equal work if n
// is not 0, and fewer if there is too little to divide. Labs that are not for a kernel are
// left out of its job; in a job of several kernels `bpflab run` leaves them out. The
// function name returns a lab's name in a job.
func Jobs(labs []*lab.Lab, name func(*lab.Lab) string, kernels []kernel.Image, n int) []Job {
	groups := perKernel(labs, kernels)
	if n > 0 {
		groups = divide(join(labs, groups, n), n)
	}
	jobs := make([]Job, len(groups))
	for i, g := range groups {
		jobs[i] = g.job(name)
		if n > 0 {
			jobs[i].Name = fmt.Sprintf("%d of %d: %s", i+1, len(groups), jobs[i].Kernels)
		}
	}
	return jobs
}

// perKernel returns a group for each kernel that has labs.
func perKernel(labs []*lab.Lab, kernels []kernel.Image) (groups []group) {
	for _, k := range kernels {
		g := group{kernels: []kernel.Image{k}}
		for _, l := range labs {
			if inRange(l, k) {
				g.labs = append(g.labs, l)
			}
		}
		if g.cells = len(g.labs); g.cells > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// join merges groups until there are no more than n: the heaviest first, each into the
// lightest so far. Kernels keep their order within a group, and groups that of their first
// kernels.
func join(labs []*lab.Lab, groups []group, n int) []group {
	if len(groups) <= n {
		return groups
	}
	places := make([][]int, n) // indices of groups
	weights := make([]int, n)
	for _, i := range heaviestFirst(groups) {
		least := slices.Index(weights, slices.Min(weights))
		places[least] = append(places[least], i)
		weights[least] += groups[i].weight()
	}
	for _, place := range places {
		slices.Sort(place)
	}
	slices.SortFunc(places, slices.Compare)
	joined := make([]group, n)
	for i, place := range places {
		joined[i] = union(labs, groups, place)
	}
	return joined
}

// heaviestFirst returns the indices of groups by weight, equal ones in their order.
func heaviestFirst(groups []group) []int {
	order := make([]int, len(groups))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(groups[b].weight(), groups[a].weight()) })
	return order
}

func union(labs []*lab.Lab, groups []group, place []int) (all group) {
	used := map[*lab.Lab]bool{}
	for _, i := range place {
		all.kernels = append(all.kernels, groups[i].kernels...)
		all.cells += groups[i].cells
		for _, l := range groups[i].labs {
			used[l] = true
		}
	}
	for _, l := range labs {
		if used[l] {
			all.labs = append(all.labs, l)
		}
	}
	return all
}

// divide halves the labs of the heaviest group until there are n. All are of one kernel
// if there is anything to divide, for join leaves n of them.
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
		groups[heaviest] = group{g.labs[:half], g.kernels, half}
		groups = slices.Insert(groups, heaviest+1, group{g.labs[half:], g.kernels, len(g.labs) - half})
	}
	return groups
}

func (g group) job(name func(*lab.Lab) string) Job {
	var names, selectors []string
	for _, l := range g.labs {
		names = append(names, name(l))
	}
	for _, k := range g.kernels {
		selectors = append(selectors, k.Selector)
	}
	kernels := strings.Join(selectors, ",")
	return Job{Name: kernels, Labs: strings.Join(names, " "), Kernels: kernels, Cells: g.cells}
}
