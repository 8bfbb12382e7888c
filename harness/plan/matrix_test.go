package plan

import (
	"fmt"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms/kernel"
)

func course(n int) (labs []*lab.Lab) {
	for i := range n {
		labs = append(labs, &lab.Lab{Name: fmt.Sprintf("lab%d", i)})
	}
	return labs
}

func series(names ...string) (kernels []kernel.Image) {
	for _, n := range names {
		kernels = append(kernels, kernel.Image{Selector: n})
	}
	return kernels
}

func byName(l *lab.Lab) string { return l.Name }

// cellsOf returns the cells of jobs, each with how often it occurs.
func cellsOf(jobs []Job) map[string]int {
	all := map[string]int{}
	for _, j := range jobs {
		for l := range strings.FieldsSeq(j.Labs) {
			for k := range strings.SplitSeq(j.Kernels, ",") {
				all[l+" "+k]++
			}
		}
	}
	return all
}

func TestJobsAreOneAKernel(t *testing.T) {
	jobs := Jobs(course(2), byName, series("5.10", "latest"), 0)
	want := []Job{{"5.10", "lab0 lab1", "5.10", 2}, {"latest", "lab0 lab1", "latest", 2}}
	if fmt.Sprint(jobs) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", jobs, want)
	}
}

// However they are divided, every cell is there once.
func TestJobsCoverEveryCellOnce(t *testing.T) {
	for _, labs := range []int{1, 3, 12} {
		for _, kernels := range [][]string{{"6.1"}, {"5.10", "6.1", "6.12", "7.3"}} {
			for n := range 20 {
				jobs := Jobs(course(labs), byName, series(kernels...), n)
				cells := cellsOf(jobs)
				if len(cells) != labs*len(kernels) {
					t.Fatalf("%d labs, %d kernels, %d shards: %d cells", labs, len(kernels), n, len(cells))
				}
				for cell, times := range cells {
					if times != 1 {
						t.Errorf("%s is there %d times", cell, times)
					}
				}
				if want := min(n, labs*len(kernels)); n > 0 && len(jobs) != want {
					t.Errorf("%d labs, %d kernels: %d jobs, want %d", labs, len(kernels), len(jobs), want)
				}
			}
		}
	}
}

// No job is heavier than another by more than one kernel's work.
func TestJobsAreOfAboutEqualWork(t *testing.T) {
	for kernels := range 30 {
		for n := 1; n <= kernels; n++ {
			var least, most int
			for i, j := range Jobs(course(3), byName, series(strings.Fields(strings.Repeat("k ", kernels))...), n) {
				weight := j.Cells + bootWeight*len(strings.Split(j.Kernels, ","))
				if least = min(least, weight); i == 0 {
					least = weight
				}
				most = max(most, weight)
			}
			if most-least > 3+bootWeight {
				t.Errorf("%d kernels in %d jobs weigh from %d to %d", kernels, n, least, most)
			}
		}
	}
}

func TestJobsKeepOrder(t *testing.T) {
	jobs := Jobs(course(1), byName, series("5.10", "6.1", "6.12", "7.2", "7.3"), 2)
	want := []Job{{"1 of 2: 5.10,6.12,7.3", "lab0", "5.10,6.12,7.3", 3}, {"2 of 2: 6.1,7.2", "lab0", "6.1,7.2", 2}}
	if fmt.Sprint(jobs) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", jobs, want)
	}
}

// A job of several kernels has the labs of all of them, and counts only what will run.
func TestJobsLeaveOutWhatIsNotForAKernel(t *testing.T) {
	labs := course(2)
	only, err := kernel.ParseRange(">=6.0")
	if err != nil {
		t.Fatal(err)
	}
	labs[1].Kernels = only
	kernels := []kernel.Image{{Selector: "5.10", Version: kernel.Version{Major: 5, Minor: 10}}, {Selector: "6.1", Version: kernel.Version{Major: 6, Minor: 1}}}
	for n, want := range map[int][]Job{
		0: {{"5.10", "lab0", "5.10", 1}, {"6.1", "lab0 lab1", "6.1", 2}},
		1: {{"1 of 1: 5.10,6.1", "lab0 lab1", "5.10,6.1", 3}},
		3: {{"1 of 3: 5.10", "lab0", "5.10", 1}, {"2 of 3: 6.1", "lab0", "6.1", 1}, {"3 of 3: 6.1", "lab1", "6.1", 1}},
	} {
		if jobs := Jobs(labs, byName, kernels, n); fmt.Sprint(jobs) != fmt.Sprint(want) {
			t.Errorf("%d: %v, want %v", n, jobs, want)
		}
	}
}
