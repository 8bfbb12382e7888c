package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// replayFlags are the flags of `bpflab replay`.
type replayFlags struct {
	labFlags
	changed bool
}

func newReplayCmd() *cobra.Command {
	var f replayFlags
	cmd := &cobra.Command{
		Use:   "replay RESULT",
		Short: "Run the same labs on the same kernels again",
		Long: `Run the cells of an earlier run again: the same labs on the same kernels, by the
digests that its result.json recorded, with the same provider, and say where the
verdicts or the compiled programs differ. The exit status is 0 if nothing does.

RESULT.json, or the directory it lies in, says what is run: labs of your own by their
paths, and the provider too. Read it first if it is not yours.`,
		Example: "  bpflab replay results/result.json",
		Args:    cobra.ExactArgs(1),
		RunE:    func(cmd *cobra.Command, args []string) error { return f.do(cmd.Context(), streamsOf(cmd), args[0]) },
	}
	flags := cmd.Flags()
	flags.BoolVar(&f.changed, "allow-changed-labs", false, "go on where a lab's text is not what it was")
	f.retries = usualRetries
	f.defineRun(flags, "machines at one time (default: one a core)")
	f.defineConsent(flags, "run labs that may harm it")
	f.reportFlags.define(flags)
	return cmd
}

func (f *replayFlags) do(ctx context.Context, std streams, name string) error {
	was, name, err := readResult(name)
	if err != nil {
		return err
	}
	if err := replayable(was); err != nil {
		return usageError{fmt.Errorf("%s: %w", name, err)}
	}
	var lib library
	labs, err := f.labs(&lib, name, was)
	if err != nil {
		return err
	}
	f.provider.name, f.provider.target = cmp.Or(was.Provider, was.Cells[0].Provider), was.Target
	f.starter = was.Starter
	provider, err := f.provider.open()
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	caps, err := provider.Caps(ctx)
	if err != nil {
		return err
	}
	images, err := f.recorded(ctx, std, provider, was)
	if err != nil {
		return err
	}
	cells, err := again(was, labs, images, plan.Options{Provider: provider.Name(), Caps: caps, Consent: f.provider.consent})
	if err != nil {
		return err
	}
	now, err := f.execute(ctx, std, cells, provider, caps, &lib)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return exitError{verdict.ExitInfra}
	}
	return judge(std.err, was, now)
}

// replayable says what of a result cannot be replayed.
func replayable(r verdict.Result) error {
	if len(r.Cells) == 0 {
		return errors.New("it has no cells to run again")
	}
	provider := r.Cells[0].Provider
	if name, _, _ := strings.Cut(cmp.Or(r.Provider, provider), ":"); name != provider {
		return fmt.Errorf("its provider is %q, and that of its cells %q", r.Provider, provider)
	}
	for _, c := range r.Cells {
		if name, ok := unprintable(r, c); ok {
			return fmt.Errorf("%q is no name and no digest that a run records", name)
		}
		switch {
		case c.LabSHA256 == "":
			return fmt.Errorf("%s is no lab: replay runs what `bpflab run` has recorded", c.Lab)
		case c.LabFile != "" && !filepath.IsAbs(c.LabFile):
			return fmt.Errorf("the path of the lab %s is %q, which is not absolute", c.Lab, c.LabFile)
		case c.LabFile == "" && !embedded(c.Lab):
			return fmt.Errorf("%q is no name of a lab", c.Lab)
		case c.Provider != provider:
			return fmt.Errorf("its cells are of the providers %q and %q: replay runs those of one", provider, c.Provider)
		}
	}
	return nil
}

// unprintable finds what would reach the terminal as more than text.
func unprintable(r verdict.Result, c verdict.Cell) (string, bool) {
	for _, s := range []string{r.Provider, r.Target, c.Lab, c.LabSHA256, c.LabFile, c.Object, c.Provider,
		c.Kernel.Selector, c.Kernel.Source, c.Kernel.Package, c.Kernel.Version, c.Kernel.SHA256} {
		if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsGraphic(r) || r == unicode.ReplacementChar }) {
			return s, true
		}
	}
	return "", false
}

// labKey returns what distinguishes a lab from others: its name, or the path of a user's own.
func labKey(c verdict.Cell) string {
	if c.LabFile != "" {
		return c.LabFile
	}
	return c.Lab
}

// labs returns the labs of the cells, by labKey.
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
