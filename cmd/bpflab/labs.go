package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/labs"
)

func newLabsCmd() *cobra.Command {
	var asJSON string
	cmd := &cobra.Command{
		Use:   "labs",
		Short: "List the labs of the course; begin, check and preview labs of your own",
		Example: `  bpflab labs
  bpflab labs --json labs.json
  bpflab labs new my-lab`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return listLabs(cmd.OutOrStdout(), asJSON) },
	}
	defineListJSON(cmd.Flags(), &asJSON)
	cmd.AddCommand(newLabsListCmd(), newLabsNewCmd(), newLabsCheckCmd(), newLabsPreviewCmd())
	return cmd
}

func newLabsListCmd() *cobra.Command {
	var asJSON string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List the labs of the course, as bpflab labs does",
		Example: "  bpflab labs list",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return listLabs(cmd.OutOrStdout(), asJSON) },
	}
	defineListJSON(cmd.Flags(), &asJSON)
	return cmd
}

// listLabs prints the labs of the course.
func listLabs(out io.Writer, asJSON string) error {
	all, err := lab.Find(course{}, labs.Course)
	if err != nil {
		return err
	}
	return printOrJSON(asJSON, out, labsDocument(all), func() error {
		w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
		for _, l := range all {
			fmt.Fprintf(w, "%s\t%s\n", l.Name, l.Summary)
		}
		return w.Flush()
	})
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

func labsDocument(all []*lab.Lab) map[string]any {
	lines := []labLine{}
	for _, l := range all {
		line := labLine{Name: l.Name, Title: l.Title, Summary: l.Summary, Kernels: l.Kernels.String(), SHA256: l.SHA256}
		for _, s := range l.Steps {
			line.Steps = append(line.Steps, s.Name)
		}
		lines = append(lines, line)
	}
	return map[string]any{"schema": 1, "tool": version, "labs": lines}
}
