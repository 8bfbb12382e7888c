package main

import (
	"context"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// kernelLine is one kernel of `bpflab kernels list --json`. The keys are a
// published contract (docs/kernels.md).
type kernelLine struct {
	Selector string `json:"selector"`
	Series   string `json:"series"`
	Version  string `json:"version"` // upstream
	Release  string `json:"release"`
	Source   string `json:"source"`
	Suite    string `json:"suite"`
	Flavour  string `json:"flavour"`
	Package  string `json:"package"` // that carries the image
	PkgVer   string `json:"package_version"`
	SHA256   string `json:"sha256"`         // of that package
	Download int64  `json:"download_bytes"` // all packages
	Cached   bool   `json:"cached"`
	Disk     int64  `json:"disk_bytes"` // unpacked; 0 if not in the cache

	Templates     int   `json:"templates"` // booted machines to fork from
	TemplateBytes int64 `json:"template_bytes"`
}

func (f *kernelFlags) listCmd() *cobra.Command {
	var asJSON, available bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List pinned and imported kernels, and which are in the cache",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lines, err := f.lines(cmd.Context(), streamsOf(cmd), available)
			if err != nil {
				return err
			}
			if asJSON {
				return printKernelsJSON(cmd.OutOrStdout(), lines)
			}
			return printKernels(cmd.OutOrStdout(), lines)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&available, "available", false, "ask the mirrors for the newest of each series instead")
	return cmd
}

func (f *kernelFlags) lines(ctx context.Context, std streams, available bool) ([]kernelLine, error) {
	c, err := f.open(std)
	if err != nil {
		return nil, err
	}
	list := c.List
	if available {
		list = func() ([]kernel.Ref, error) { return newestAvailable(ctx, std.err, c) }
	}
	refs, err := list()
	if err != nil {
		return nil, err
	}
	templates, err := templatesByKernel()
	if err != nil {
		return nil, err
	}
	lines := make([]kernelLine, len(refs))
	for i, ref := range refs {
		lines[i] = lineOf(c, ref)
		use := templates[lines[i].SHA256]
		lines[i].Templates, lines[i].TemplateBytes = use.count, use.disk
	}
	return lines, nil
}

func newestAvailable(ctx context.Context, w io.Writer, c *catalogue.Catalogue) ([]kernel.Ref, error) {
	refs, notes, err := c.Available(ctx)
	printNotes(w, notes)
	return refs, err
}

func printNotes(w io.Writer, notes []string) {
	for _, note := range notes {
		fmt.Fprintln(w, "bpflab: left out:", note)
	}
}

func lineOf(c *catalogue.Catalogue, ref kernel.Ref) kernelLine {
	p := ref.Package()
	return kernelLine{
		Selector: ref.Label(), Series: ref.Series(), Version: ref.Version.String(), Release: ref.Release,
		Source: ref.Source, Suite: ref.Suite, Flavour: ref.Flavour,
		Package: p.Package, PkgVer: p.Version, SHA256: p.SHA256,
		Download: ref.Size(), Cached: c.Cached(ref), Disk: c.DiskSize(ref),
	}
}

func printKernelsJSON(out io.Writer, lines []kernelLine) error {
	return report.WriteJSON(out, map[string]any{"schema": 1, "tool": version, "kernels": lines})
}

func printKernels(out io.Writer, lines []kernelLine) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SELECTOR\tVERSION\tRELEASE\tFROM\tDOWNLOAD\tON DISK\tTEMPLATES")
	for _, l := range lines {
		from := l.Source
		if l.Suite != "" {
			from += " " + l.Suite
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Selector, l.Version, l.Release, from, size(l.Download), size(l.Disk), l.templates())
	}
	return w.Flush()
}

// templates returns a kernel's column for its templates.
func (l kernelLine) templates() string {
	if l.Templates == 0 {
		return "-"
	}
	return fmt.Sprintf("%d, %s", l.Templates, size(l.TemplateBytes))
}
