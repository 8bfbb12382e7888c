package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// sourceLine is one source of `bpflab kernels list --all --json`. The keys are a published
// contract (docs/kernels.md).
type sourceLine struct {
	Name      string   `json:"name"`
	Reachable bool     `json:"reachable"`
	Reason    string   `json:"reason,omitempty"` // why not
	Mirror    string   `json:"mirror"`           // that was visited
	Pinned    int      `json:"pinned"`
	Cached    int      `json:"cached"` // of the pinned
	Selectors []string `json:"selectors"`
}

func sourceLines(states []catalogue.SourceState) []sourceLine {
	lines := make([]sourceLine, len(states))
	for i, s := range states {
		lines[i] = sourceLine{
			Name: s.Name, Reachable: s.Err == nil, Mirror: s.Mirror,
			Pinned: s.Pinned, Cached: s.Cached, Selectors: append([]string{}, s.Selectors...),
		}
		if s.Err != nil {
			lines[i].Reason = s.Err.Error()
		}
	}
	return lines
}

func printSources(out io.Writer, lines []sourceLine) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SOURCE\tREACHABLE\tPINNED\tCACHED\tSELECTORS")
	for _, l := range lines {
		reachable := map[bool]string{true: "yes", false: "no"}[l.Reachable]
		fmt.Fprintf(w, "%s\t%s\t%d\t%d\t%s\n", l.Name, reachable, l.Pinned, l.Cached, cmp.Or(strings.Join(l.Selectors, " "), "-"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, l := range lines {
		if !l.Reachable {
			fmt.Fprintf(out, "%s cannot be reached: %s\n", l.Name, l.Reason)
		}
	}
	return nil
}

func (f *kernelFlags) searchCmd() *cobra.Command {
	var asJSON string
	var arch archFlag
	cmd := &cobra.Command{
		Use:   "search WORD",
		Short: "Look for kernels in all sources, by version, selector or package",
		Example: `  bpflab kernels search 5.15
  bpflab kernels search '>=5.4 <5.11'
  bpflab kernels search aws`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.open(streamsOf(cmd))
			if err != nil {
				return err
			}
			refs, notes, err := c.Search(cmd.Context(), args[0], arch.arches...)
			printNotes(cmd.ErrOrStderr(), notes)
			if err != nil {
				return err
			}
			if err := needSome(len(refs), "kernels", "no source that answers has "+args[0]); err != nil {
				return err
			}
			return printList(cmd.OutOrStdout(), c, refs, nil, asJSON)
		},
	}
	arch.define(cmd.Flags(), "of the kernels (default: amd64)")
	defineListJSON(cmd.Flags(), &asJSON)
	return cmd
}
