package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/ci/table"
)

const about = `# Hosts

Written by ` + "`make test-hosts`" + ` in one run. Each system is a bare root (ci/bare.sh), with
nothing but git, make and Go, empty caches, and its own QEMU and clang, which
` + "`make lab-hello`" + ` installs. Then all labs run on the default kernels, and go test. A system
passes if every command ended well and without a warning, every machine that was not asked to
boot was forked, and all verdicts are those of the first system.
`

// writePage writes what was found as Markdown.
func writePage(w io.Writer, all []*findings) {
	fmt.Fprint(w, about)
	t := table.Table{Head: []string{"system", "QEMU", "clang", "README's first command", "labs", "forked", "verdicts and commands"}}
	speed := table.Table{Head: []string{"system", "QEMU", "boot", "fork", "ratio", "at most 1/20", "hello cold", "hello warm", "ratio", "at most 1/3"}}
	for _, f := range all {
		if f.skipped != "" {
			t.Add(f.suite, "", "", "", "", "", "skipped: "+f.skipped)
			continue
		}
		t.Add(f.name(), f.qemu, f.allClangs(), fmt.Sprintf("%.0f s", f.first), fmt.Sprint(f.cells), fmt.Sprint(f.forks), f.outcome())
		if f.measured() {
			speed.Add(f.speed()...)
		}
	}
	fmt.Fprintln(w)
	t.Write(w)
	fmt.Fprintf(w, "\nWhere several versions of clang are named, all labs ran with each, and the later ones\nwere found by their own names (clang-15), with no clang beside them. %s\n", oldRemark(all))
	fmt.Fprintln(w, "\n## Cold and warm\n\nA boot and a fork: from the call that starts a machine to its agent's answer, with no other\nmachine beside it; the median for each kernel as in [benchmarks](benchmarks.md), and the mean of the\nkernels. `bpflab run hello` on four kernels: the best of the rounds, with and without `--cold`.")
	fmt.Fprintln(w)
	speed.Write(w)
	fmt.Fprintf(w, "\n%s\n", elsewhere)
}

// oldRemark says what was tested on oldKernel.
func oldRemark(all []*findings) string {
	if slices.ContainsFunc(all, func(f *findings) bool { return f.old }) {
		return "The labs include\nan imported Linux 4.19, on which what every clang made was loaded."
	}
	return "There was no\nimported Linux 4.19 (`bpflab kernels import --name 4.19`), so none was tested."
}

func (f *findings) name() string {
	if strings.HasSuffix(f.suite, "-backports") {
		return f.system + ", " + f.suite
	}
	return f.system
}

func (f *findings) allClangs() string {
	return strings.Join(append([]string{f.clang}, f.clangs...), ", ")
}

func (f *findings) outcome() string {
	if len(f.problems) == 0 {
		return "as they should be"
	}
	return fmt.Sprintf("**%d problems**: %s", len(f.problems), f.problems[0])
}

func (f *findings) speed() []string {
	boot, fork := f.starts.boot(), f.starts.fork()
	return []string{
		f.name(), f.qemu,
		fmt.Sprintf("%.2f s", boot), fmt.Sprintf("%.3f s", fork), ratio(boot, fork), table.Holds(f.starts.fast()),
		fmt.Sprintf("%.1f s", f.wall["cold"]), fmt.Sprintf("%.1f s", f.wall["warm"]), ratio(f.wall["cold"], f.wall["warm"]), table.Holds(f.warmFast()),
	}
}

func ratio(cold, warm float64) string { return fmt.Sprintf("1/%.1f", cold/warm) }
