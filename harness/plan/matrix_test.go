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

// cellsOf are the cells of jobs, each with how often it occurs.
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
	jobs := Jobs(course(2), series("5.10", "latest"), 0)
	want := []Job{{"5.10", "lab0 lab1", "5.10", 2}, {"latest", "lab0 lab1", "latest", 2}}
	if fmt.Sprint(jobs) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", jobs, want)
	}
}

// However they are divided, every cell is there once, and no job is much heavier than
// another.
func TestJobsCoverEveryCellOnce(t *testing.T) {
	for _, labs := range []int{1, 3, 12} {
		for _, kernels := range [][]string{{"6.1"}, {"5.10", "6.1", "6.12", "7.3"}} {
			for n := range 20 {
				jobs := Jobs(course(labs), series(kernels...), n)
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

func TestJobsLeaveOutWhatIsNotForAKernel(t *testing.T) {
	labs := course(2)
	only, err := kernel.ParseRange(">=6.0")
	if err != nil {
		t.Fatal(err)
	}
	labs[1].Kernels = only
	jobs := Jobs(labs, []kernel.Image{{Selector: "5.10", Version: kernel.Version{Major: 5, Minor: 10}}, {Selector: "6.1", Version: kernel.Version{Major: 6, Minor: 1}}}, 1)
	if cells := cellsOf(jobs); len(cells) != 3 || cells["lab1 5.10"] != 0 {
		t.Errorf("%v", cells)
	}
}
