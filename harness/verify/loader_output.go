package verify

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// hasOtherLoaders reports whether a program was loaded otherwise than with cilium/ebpf.
func (r Report) hasOtherLoaders() bool {
	return slices.ContainsFunc(r.Results, func(one Result) bool { return cmp.Or(one.Loader, Cilium) != Cilium })
}

// perLoader returns a function that returns a result's loader, if programs were loaded with
// several, and else "": then a program has one result on each kernel, by whichever loader.
func (r Report) perLoader() func(Result) string {
	seen := map[resultKey]bool{}
	for _, one := range r.Results {
		key := resultKey{one.subject(), one.Kernel, ""}
		if one.Program != "" && seen[key] {
			return func(one Result) string { return cmp.Or(one.Loader, Cilium) }
		}
		seen[key] = true
	}
	return func(Result) string { return "" }
}

// loaderColumn returns the title and the cells of the column that names the loaders, each
// with its tab. Both are empty if all programs were loaded with cilium/ebpf.
func (r Report) loaderColumn() (title string, cell func(Result) string) {
	if !r.hasOtherLoaders() {
		return "", func(Result) string { return "" }
	}
	return "LOADER\t", func(one Result) string {
		return clean(strings.TrimSpace(one.Loader+" "+one.LoaderVersion)) + "\t"
	}
}

// withLoader returns a clause that names a loader, "" if there is none to name.
func withLoader(name string) string {
	if name == "" {
		return ""
	}
	return " with " + name
}

// with returns a clause that names a result's loader, "" for cilium/ebpf.
func (r Result) with() string {
	if cmp.Or(r.Loader, Cilium) == Cilium {
		return ""
	}
	return " with " + r.Loader
}

// preparations returns what was done to the maps of each object, each line once.
func (r Report) preparations() []string {
	return eachOnce(r.Results, func(one Result) []string {
		var out []string
		for _, text := range one.Prepared {
			out = append(out, one.Object+": "+text)
		}
		return out
	})
}

// instead returns why programs were not loaded with the loader that their objects are for, each
// reason once for all programs that have it.
func (r Report) instead() []string {
	var order, out []string
	groups := map[string]*occurrences{}
	for _, one := range r.Results {
		why, _, _ := strings.Cut(one.Warning, "\n")
		if !strings.HasPrefix(why, loadedInstead) {
			continue
		}
		if groups[why] == nil {
			order, groups[why] = append(order, why), &occurrences{}
		}
		groups[why].add(one)
	}
	for _, why := range order {
		for _, line := range summarised(groups[why].found) {
			out = append(out, line+": "+why)
		}
	}
	return out
}

// notAttached begins the warning of a program that was loaded, and that --attach could not
// attach.
const notAttached = "not attached: "

// unattached returns the programs that --attach could not attach, and why.
func (r Report) unattached() []string {
	return eachOnce(r.Results, func(one Result) []string {
		if why, ok := strings.CutPrefix(one.Warning, notAttached); ok {
			why, _, _ = strings.Cut(why, "\n")
			return []string{fmt.Sprintf("%s of %s%s: %s", one.Program, one.Object, one.with(), why)}
		}
		return nil
	})
}

func eachOnce(all []Result, of func(Result) []string) []string {
	var out []string
	seen := map[string]bool{}
	for _, one := range all {
		for _, text := range of(one) {
			if !seen[text] {
				seen[text] = true
				out = append(out, text)
			}
		}
	}
	return out
}

// section writes lines below each other, each with a title, and an empty line before them.
func section(w io.Writer, title string, lines []string) {
	for i, line := range lines {
		if i == 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s: %s\n", title, clean(line))
	}
}
