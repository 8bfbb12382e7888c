package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// replayFlags are the flags of `bpflab replay`.
type replayFlags struct {
	run     runFlags
	changed bool
}

func newReplayCmd() *cobra.Command {
	f := replayFlags{run: runFlags{retries: 1, repeat: 1, locked: true}}
	cmd := &cobra.Command{
		Use:   "replay RESULT.json",
		Short: "Run the same labs on the same kernels again",
		Long: `Run the cells of an earlier run again: the same labs on the same kernels, by the
digests that its result.json recorded, with the same provider, and say where the
verdicts or the compiled programs differ. The exit status is 0 if nothing does.`,
		Example: "  bpflab replay result.json",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.do(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.changed, "allow-changed-labs", false, "go on where a lab's text is not what it was")
	flags.IntVarP(&f.run.jobs, "jobs", "j", 0, "machines at one time (default: one a core)")
	flags.StringVar(&f.run.mirror, "mirror", "", "Debian mirror to fetch kernels from")
	flags.StringVar(&f.run.dir, "dir", "", "directory for the results (default: a new one in the state directory)")
	flags.BoolVar(&f.run.provider.consent, "yes-on-this-kernel", false, "run labs that may harm it on a kernel that others use too")
	f.run.defineReports(cmd)
	return cmd
}

func (f *replayFlags) do(cmd *cobra.Command, name string) error {
	ctx := cmd.Context()
	was, err := recorded(name)
	if err != nil {
		return err
	}
	var lib library
	labs, err := f.labs(&lib, name, was)
	if err != nil {
		return err
	}
	f.run.provider.name, f.run.starter = was.Cells[0].Provider, was.Starter
	provider, err := f.run.provider.open()
	if err != nil {
		return err
	}
	caps, err := provider.Caps(ctx)
	if err != nil {
		return err
	}
	images, err := f.images(ctx, cmd, provider, was)
	if err != nil {
		return err
	}
	cells, err := again(was, labs, images, plan.Options{Provider: provider.Name(), Caps: caps, Consent: f.run.provider.consent})
	if err != nil {
		return err
	}
	now, err := f.run.execute(ctx, cmd, cells, provider, caps, &lib)
	if err != nil {
		return err
	}
	return f.judge(ctx, cmd.ErrOrStderr(), was, now)
}

// recorded reads a result that has labs to be replayed.
func recorded(name string) (verdict.Result, error) {
	r, name, err := readResult(name)
	if err != nil {
		return r, err
	}
	if len(r.Cells) == 0 {
		return r, usageError{fmt.Errorf("%s has no cells to run again", name)}
	}
	for _, c := range r.Cells {
		switch {
		case c.LabSHA256 == "":
			return r, usageError{fmt.Errorf("%s: %s is no lab: replay runs what bpflab run has recorded", name, c.Lab)}
		case c.Provider != r.Cells[0].Provider:
			return r, usageError{fmt.Errorf("%s: its cells are of the providers %s and %s: replay runs those of one", name, r.Cells[0].Provider, c.Provider)}
		}
	}
	return r, nil
}

// labKey tells labs apart: by name, and by path where they are the user's.
func labKey(c verdict.Cell) string {
	if c.LabFile != "" {
		return c.LabFile
	}
	return c.Lab
}

// labs are those of the cells, by labKey.
func (f *replayFlags) labs(lib *library, name string, was verdict.Result) (map[string]*lab.Lab, error) {
	var keys []string
	for _, c := range was.Cells {
		if !slices.Contains(keys, labKey(c)) {
			keys = append(keys, labKey(c))
		}
	}
	found, err := lib.find(keys)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	labs := map[string]*lab.Lab{}
	for i, key := range keys {
		labs[key] = found[i]
	}
	for _, c := range was.Cells {
		if l := labs[labKey(c)]; l.SHA256 != c.LabSHA256 && !f.changed {
			return nil, usageError{fmt.Errorf("the lab %s has changed: %s recorded the digest %s, and it has %s; --allow-changed-labs runs it all the same", c.Lab, name, c.LabSHA256, l.SHA256)}
		}
	}
	return labs, nil
}

// images are the kernels of the cells, by digest; those of a provider's own by
// selector.
func (f *replayFlags) images(ctx context.Context, cmd *cobra.Command, p vms.Provider, was verdict.Result) (map[verdict.Kernel]kernel.Image, error) {
	cat, err := openCatalogue(cmd, f.run.mirror, true)
	if err != nil {
		return nil, err
	}
	images := map[verdict.Kernel]kernel.Image{}
	for _, c := range was.Cells {
		k := identity(c.Kernel)
		if _, there := images[k]; there {
			continue
		}
		image, err := theSame(ctx, cat, p, k)
		if err != nil {
			return nil, err
		}
		image.Selector = k.Selector
		images[k] = image
	}
	return images, nil
}

// identity is what tells kernels apart: not what one said of itself.
func identity(k verdict.Kernel) verdict.Kernel {
	k.Release = ""
	return k
}

// theSame finds the kernel with the recorded digest.
func theSame(ctx context.Context, cat *catalogue.Catalogue, p vms.Provider, k verdict.Kernel) (kernel.Image, error) {
	own, _, err := providerKernels(ctx, p, []string{k.Selector})
	if err != nil {
		return kernel.Image{}, err
	}
	if len(own) == 1 {
		if own[0].SHA256 != k.SHA256 {
			return kernel.Image{}, gone(k)
		}
		return own[0], nil
	}
	known, err := cat.List()
	if err != nil {
		return kernel.Image{}, err
	}
	if ref, ok := digested(known, k.SHA256); ok {
		return cat.Image(ctx, ref)
	}
	offered, _, err := cat.Available(ctx)
	if ref, ok := digested(offered, k.SHA256); ok {
		return cat.Image(ctx, ref)
	}
	return kernel.Image{}, errors.Join(gone(k), err)
}

func digested(refs []kernel.Ref, digest string) (kernel.Ref, bool) {
	for _, r := range refs {
		if digest != "" && r.Package().SHA256 == digest {
			return r, true
		}
	}
	return kernel.Ref{}, false
}

func gone(k verdict.Kernel) error {
	return fmt.Errorf("kernel %s (%s %s, sha256 %s) is no longer to be had: it is neither pinned nor imported here, and no mirror offers it",
		k.Selector, k.Package, k.Version, k.SHA256)
}

// again plans the recorded cells.
func again(was verdict.Result, labs map[string]*lab.Lab, images map[verdict.Kernel]kernel.Image, o plan.Options) ([]plan.Cell, error) {
	var cells []plan.Cell
	rounds := map[string]int{}
	for _, c := range was.Cells {
		made := plan.Make([]*lab.Lab{labs[labKey(c)]}, []kernel.Image{images[identity(c.Kernel)]}, o)
		if len(made.Cells) == 0 {
			return nil, usageError{fmt.Errorf("%s on %s cannot be run here: %s", c.Lab, c.Kernel.Selector, made.Excluded[0].Reason)}
		}
		cell := made.Cells[0]
		key := labKey(c) + " " + c.Kernel.SHA256
		rounds[key]++
		cell.Index, cell.Round = len(cells), rounds[key]
		cells = append(cells, cell)
	}
	return cells, nil
}

// judge says what differs.
func (f *replayFlags) judge(ctx context.Context, w io.Writer, was, now verdict.Result) error {
	var differ []string
	infra := ctx.Err() != nil
	for i, c := range now.Cells {
		before := was.Cells[i]
		where := fmt.Sprintf("%s on %s: ", c.Lab, c.Kernel.Selector)
		if c.Verdict != before.Verdict {
			differ = append(differ, fmt.Sprintf("%sit was %s, and is %s: %s", where, before.Verdict, c.Verdict, c.Reason))
			infra = infra || c.Verdict == verdict.Infra
		}
		if c.Object != before.Object && c.Verdict != verdict.Infra {
			differ = append(differ, fmt.Sprintf("%sits programs were compiled to %s, and now to %s", where, before.Object, c.Object))
		}
	}
	switch {
	case len(differ) == 0 && !infra:
		fmt.Fprintf(w, "the same as before: %d cells\n", len(now.Cells))
		return nil
	case infra:
		fmt.Fprintln(w, strings.Join(differ, "\n"))
		return exitError{verdict.ExitInfra}
	}
	fmt.Fprintln(w, strings.Join(differ, "\n"))
	return exitError{verdict.ExitFail}
}
