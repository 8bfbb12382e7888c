package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// runFlags are the flags of `bpflab run`.
type runFlags struct {
	labFlags
	all    bool
	repeat int
}

func newRunCmd() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run LAB...",
		Short: "Run labs on kernels",
		Long: `Run labs on kernels, each pair in a machine of its own, and check what comes out.
A LAB is the name of one of the labs in this binary (bpflab labs lists them) or
the path of a lab document of your own.`,
		Example: `  bpflab run hello
  bpflab run hello xdp-drop --kernel 5.10,latest --json results.json
  bpflab run ./mylab/lab.md --kernel '>=6.1'`,
		Args: func(_ *cobra.Command, args []string) error {
			if f.all == (len(args) > 0) {
				return errors.New("name one or more labs, or give --all; `bpflab labs` lists them")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return f.do(cmd.Context(), streamsOf(cmd), args) },
	}
	f.define(cmd)
	return cmd
}

func (f *runFlags) define(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.all, "all", false, "run every lab in this binary")
	f.machineFlags.define(flags, "machines at one time (default: one a core)")
	flags.StringVar(&f.provider.target, "target", "", "where an LXD cluster runs them: MEMBER or @GROUP")
	f.defineConsent(flags, "run labs that may harm it")
	flags.IntVar(&f.repeat, "repeat", 1, "run every cell this many times")
	flags.IntVar(&f.retries, "retries", usualRetries, "further attempts when a machine fails, not the lab")
	f.defineCold(flags)
	f.onFail.define(flags)
	f.defineSplats(flags)
	flags.BoolVar(&f.starter, "starter", false, "use the labs' starters instead of their solutions")
	flags.BoolVar(&f.runTime, "run-time", false, "count how often and how long programs run, as ratios within a step (Linux 5.1)")
	f.reportFlags.define(flags)
}

func (f *runFlags) do(ctx context.Context, std streams, args []string) error {
	if f.repeat < 1 || f.jobs < 0 || f.retries < 0 {
		return usageError{errors.New("--repeat is at least 1, --jobs and --retries at least 0")}
	}
	var lib library
	labs, err := lib.named(args, f.all)
	if err != nil {
		return err
	}
	if err := f.onFail.prepare(std, &f.jobs); err != nil {
		return err
	}
	provider, err := f.provider.open()
	if err != nil {
		return err
	}
	caps, err := provider.Caps(ctx)
	if err != nil {
		return err
	}
	images, err := f.images(ctx, std, provider)
	if err != nil {
		return err
	}
	cells, err := pairLabs(std, labs, images, plan.Options{Provider: provider.Name(), Caps: caps, Repeat: f.repeat, Consent: f.provider.consent})
	if err != nil {
		return err
	}
	result, err := f.execute(ctx, std, cells, provider, caps, &lib)
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return exitError{verdict.ExitInfra}
	}
	return exitWith(result.Exit())
}

// pairLabs pairs labs with kernels, and names the pairs that are left out.
func pairLabs(std streams, labs []*lab.Lab, images []kernel.Image, o plan.Options) ([]plan.Cell, error) {
	made := plan.Make(labs, images, o)
	for _, x := range made.Excluded {
		fmt.Fprintf(std.err, "bpflab: %s on %s is left out: %s\n", x.Lab.Name, x.Kernel.Selector, x.Reason)
	}
	return made.Cells, needSome(len(made.Cells), "lab is left for any of these kernels", "name other kernels with --kernel, or other labs")
}
