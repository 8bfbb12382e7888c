package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/labs"
)

func newLabsCmd() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "labs",
		Short: "List the labs of the course; begin, check and preview labs of your own",
		Args:  noSuchCommand,

		SuggestionsMinimumDistance: 2,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, err := lab.Find(course{}, labs.Course)
			if err != nil {
				return err
			}
			if asJSON {
				return printLabsJSON(cmd.OutOrStdout(), all)
			}
			w := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, l := range all {
				fmt.Fprintf(w, "%s\t%s\n", l.Name, l.Summary)
			}
			return w.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.AddCommand(newLabsNewCmd(), newLabsCheckCmd(), newLabsPreviewCmd())
	return cmd
}

// labLine is one lab of `bpflab labs --json`.
type labLine struct {
	Name    string   `json:"name"`
	Title   string   `json:"title"`
	Summary string   `json:"summary"`
	Kernels string   `json:"kernels"`
	SHA256  string   `json:"sha256"`
	Steps   []string `json:"steps"`
}

func printLabsJSON(out io.Writer, all []*lab.Lab) error {
	lines := []labLine{}
	for _, l := range all {
		line := labLine{Name: l.Name, Title: l.Title, Summary: l.Summary, Kernels: l.Kernels.String(), SHA256: l.SHA256}
		for _, s := range l.Steps {
			line.Steps = append(line.Steps, s.Name)
		}
		lines = append(lines, line)
	}
	return report.WriteJSON(out, map[string]any{"schema": 1, "tool": version, "labs": lines})
}
