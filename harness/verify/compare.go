package verify

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"text/tabwriter"
)

// ReadReport reads the JSON of an earlier run.
func ReadReport(path string) (Report, error) {
	var r Report
	text, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return r, fmt.Errorf("%s is no report of bpflab verify: %w", path, err)
	}
	if r.Schema != Schema {
		return r, fmt.Errorf("%s has schema %d, and this bpflab reads %d", path, r.Schema, Schema)
	}
	return r, nil
}

// Change is how a program's result on one kernel differs between two runs.
type Change struct {
	Now, Was Result
	Measure  string // "" for a change of the verdict
	Worse    bool   // accepted before, and no longer
}

// Changes compares each program on each kernel that both runs have: the verdict,
// and what the verifier counted.
func Changes(was, now Report) []Change {
	find := was.finder(now)
	var out []Change
	for _, r := range now.Results {
		before, ok := find(r)
		switch {
		case !ok || !before.judged() || !r.judged():
		case before.Accepted != r.Accepted:
			out = append(out, Change{Now: r, Was: before, Worse: before.Accepted})
		default:
			for _, name := range slices.Sorted(maps.Keys(measures)) {
				if measures[name](before) != measures[name](r) {
					out = append(out, Change{Now: r, Was: before, Measure: name})
				}
			}
		}
	}
	return out
}

// finder returns a function that finds the earlier result of the same program, preset, kernel and loader
// as one of a later report. Where both have one result of each program, the loader may be another
// one. Reports of before there were several loaders are of cilium/ebpf.
func (r Report) finder(later Report) func(Result) (Result, bool) {
	same, only := map[resultKey]Result{}, map[resultKey]Result{}
	loader, laterLoader := r.perLoader(), later.perLoader()
	for _, one := range r.Results {
		same[resultKey{one.subject(), one.Kernel, cmp.Or(one.Loader, Cilium)}] = one
		if loader(one) == "" {
			only[resultKey{one.subject(), one.Kernel, ""}] = one
		}
	}
	return func(like Result) (Result, bool) {
		if found, ok := same[resultKey{like.subject(), like.Kernel, cmp.Or(like.Loader, Cilium)}]; ok {
			return found, true
		}
		found, ok := only[resultKey{like.subject(), like.Kernel, ""}]
		return found, ok && laterLoader(like) == ""
	}
}

// WriteChanges writes what changed, in percent.
func WriteChanges(w io.Writer, all []Change) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "nothing has changed")
		return err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	named, preset := changed(all).objectNamer(), changed(all).presetNamer()
	fmt.Fprintln(table, named("OBJECT\t", "")+"PROGRAM\t"+preset("PRESET\t", "")+"KERNEL\tWHAT\tWAS\tNOW\tCHANGE")
	for _, c := range all {
		fmt.Fprintf(table, "%s%s\t%s%s\t%s\n", named(clean(c.Now.Object), "\t"), c.Now.program(), preset(c.Now.presetName(), "\t"), c.kernel(), c.text())
	}
	return table.Flush()
}

// changed returns a report of the results that changed.
func changed(all []Change) Report {
	var r Report
	for _, c := range all {
		r.Results = append(r.Results, c.Now)
	}
	return r
}

// kernel names the kernel, and both of its releases if it has been another one before.
func (c Change) kernel() string {
	if was := c.Was.Release; was != "" && was != c.Now.Release {
		return withRelease(c.Now.Kernel, was+" -> "+c.Now.Release)
	}
	return withRelease(c.Now.Kernel, c.Now.Release)
}

func (c Change) text() string {
	if c.Measure == "" {
		return fmt.Sprintf("verdict\t%s\t%s\t", c.Was.word(), c.Now.word())
	}
	was, now := measures[c.Measure](c.Was), measures[c.Measure](c.Now)
	if was == 0 {
		return fmt.Sprintf("%s\t%d\t%d\t", c.Measure, was, now)
	}
	return fmt.Sprintf("%s\t%d\t%d\t%+.1f%%", c.Measure, was, now, 100*float64(now-was)/float64(was))
}

// ExitSince returns the exit code of a compared run: 1 if a program is no longer
// accepted, is rejected and new, or exceeds a budget that it kept before.
func (r Report) ExitSince(was Report, budgets Budgets) int {
	find := was.finder(r)
	for _, one := range r.Results {
		before, known := find(one)
		if one.failed() && (!known || before.Accepted) {
			return 1
		}
	}
	over := budgets.Over(was.Results)
	for _, o := range r.Over {
		if !slices.ContainsFunc(over, func(b Over) bool {
			return b.Object == o.Object && b.Program == o.Program && b.Preset == o.Preset && b.Kernel == o.Kernel && b.Measure == o.Measure
		}) {
			return 1
		}
	}
	if slices.ContainsFunc(r.Results, func(one Result) bool { return one.Infra != "" }) {
		return 3
	}
	return 0
}
