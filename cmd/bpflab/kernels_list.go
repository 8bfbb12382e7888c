package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

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
	Track    string `json:"track,omitempty"` // of the source
	Suite    string `json:"suite"`
	Flavour  string `json:"flavour"`
	Arch     string `json:"arch"`    // by Debian's name
	Package  string `json:"package"` // that carries the image
	PkgVer   string `json:"package_version"`
	SHA256   string `json:"sha256"`           // of that package
	Signer   string `json:"signer,omitempty"` // fingerprint of the key that vouches for it
	Download int64  `json:"download_bytes"`   // all packages
	Cached   bool   `json:"cached"`
	Disk     int64  `json:"disk_bytes"` // unpacked; 0 if not in the cache

	Templates     int   `json:"templates"` // booted machines to fork from
	TemplateBytes int64 `json:"template_bytes"`
}

func (f *kernelFlags) listCmd() *cobra.Command {
	var asJSON string
	var available, everything bool
	var arch archFlag
	cmd := &cobra.Command{
		Use:   "list [SELECTOR]...",
		Short: "List pinned and imported kernels, and which are in the cache",
		Example: `  bpflab kernels list
  bpflab kernels list --all
  bpflab kernels list '>=6.1' --json`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.open(streamsOf(cmd))
			if err != nil {
				return err
			}
			list := func() ([]kernel.Ref, error) { return arch.knownTo(c) }
			switch {
			case available && len(args) > 0:
				return usageError{errors.New("name kernels, or give --available")}
			case available:
				list = func() ([]kernel.Ref, error) { return newestAvailable(cmd.Context(), cmd.ErrOrStderr(), c, arch.arches) }
			case len(args) > 0:
				list = func() ([]kernel.Ref, error) { return arch.resolve(cmd.Context(), c, args) }
			}
			refs, err := list()
			if err != nil {
				return kernelError(err)
			}
			var from []sourceLine
			if everything {
				from = sourceLines(c.Sources(cmd.Context()))
			}
			return printList(cmd.OutOrStdout(), c, refs, from, asJSON)
		},
	}
	defineListJSON(cmd.Flags(), &asJSON)
	cmd.Flags().BoolVar(&available, "available", false, "ask Debian's mirrors for the newest of each series instead")
	arch.define(cmd.Flags(), "of the kernels: those of others are left out")
	cmd.Flags().BoolVar(&everything, "all", false, "all sources too: what they have, and whether they can be reached")
	return cmd
}

// printList prints kernels, and sources where there are some.
func printList(out io.Writer, c *catalogue.Catalogue, refs []kernel.Ref, from []sourceLine, asJSON string) error {
	lines, err := linesOf(c, refs)
	if err != nil {
		return err
	}
	return printOrJSON(asJSON, out, kernelsDocument(lines, from), func() error {
		if err := printKernels(out, lines); err != nil || from == nil {
			return err
		}
		fmt.Fprintln(out)
		return printSources(out, from)
	})
}

func linesOf(c *catalogue.Catalogue, refs []kernel.Ref) ([]kernelLine, error) {
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

func newestAvailable(ctx context.Context, w io.Writer, c *catalogue.Catalogue, arches []kernel.Arch) ([]kernel.Ref, error) {
	refs, notes, err := c.Available(ctx, arches...)
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
		Source: ref.Source, Track: ref.Track, Suite: ref.Suite, Flavour: ref.Flavour, Arch: string(ref.Arch.OrDefault()), Signer: ref.Signer,
		Package: p.Package, PkgVer: p.Version, SHA256: p.SHA256,
		Download: ref.Size(), Cached: c.Cached(ref), Disk: c.DiskSize(ref),
	}
}

func kernelsDocument(lines []kernelLine, from []sourceLine) map[string]any {
	doc := map[string]any{"schema": 1, "tool": version, "kernels": lines}
	if from != nil {
		doc["sources"] = from
	}
	return doc
}

func printKernels(out io.Writer, lines []kernelLine) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "SELECTOR\tARCH\tVERSION\tRELEASE\tFROM\tDOWNLOAD\tON DISK\tTEMPLATES")
	for _, l := range lines {
		from := l.Source
		if l.Suite != "" {
			from += " " + l.Suite
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Selector, l.Arch, l.Version, l.Release, from, size(l.Download), size(l.Disk), l.templates())
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
