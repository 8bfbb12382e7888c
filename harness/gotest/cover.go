package gotest

import (
	"cmp"
	"fmt"
	"io"
	"slices"

	"golang.org/x/tools/cover"
)

// MergeCover writes one coverage profile of many files, which may be of several
// packages on several kernels: a statement is covered if it was on any, and counts
// add up. The files are of one mode.
func MergeCover(w io.Writer, files []string) error {
	type key struct {
		file string
		at   cover.ProfileBlock // without a count
	}
	mode := ""
	counts := map[key]int{}
	for _, f := range files {
		profiles, err := cover.ParseProfiles(f)
		if err != nil {
			return err
		}
		for _, p := range profiles {
			if mode == "" {
				mode = p.Mode
			}
			if p.Mode != mode {
				return fmt.Errorf("%s has the coverage mode %s, others have %s", f, p.Mode, mode)
			}
			for _, b := range p.Blocks {
				n := b.Count
				b.Count = 0
				k := key{p.FileName, b}
				counts[k] += n
				if mode == "set" {
					counts[k] = min(counts[k], 1)
				}
			}
		}
	}
	keys := make([]key, 0, len(counts))
	for k := range counts {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b key) int {
		return cmp.Or(cmp.Compare(a.file, b.file), cmp.Compare(a.at.StartLine, b.at.StartLine), cmp.Compare(a.at.StartCol, b.at.StartCol),
			cmp.Compare(a.at.EndLine, b.at.EndLine), cmp.Compare(a.at.EndCol, b.at.EndCol))
	})
	if _, err := fmt.Fprintf(w, "mode: %s\n", cmp.Or(mode, "set")); err != nil {
		return err
	}
	for _, k := range keys {
		if _, err := fmt.Fprintf(w, "%s:%d.%d,%d.%d %d %d\n", k.file, k.at.StartLine, k.at.StartCol, k.at.EndLine, k.at.EndCol, k.at.NumStmt, counts[k]); err != nil {
			return err
		}
	}
	return nil
}
