package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/hashicorp/go-multierror"
	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/lease"
)

// vmsFlags are the flags of `bpflab vms`.
type vmsFlags struct {
	provider string // "" is every one that can be reached
}

func newVMsCmd() *cobra.Command {
	var f vmsFlags
	cmd := &cobra.Command{
		Use:   "vms",
		Short: "Show and remove machines that were left behind",
		Long: `Show and remove bpflab's machines on servers: a run that is killed cannot
remove its own there. Machines of QEMU end with the process that started them.`,
		Example: `  bpflab vms list
  bpflab vms gc --provider lxd`,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		Args: noSuchCommand,
	}
	cmd.PersistentFlags().StringVar(&f.provider, "provider", "", "look at this provider alone (default: at all that can be reached)")
	cmd.AddCommand(f.listCmd(), f.gcCmd())
	return cmd
}

func (f *vmsFlags) listCmd() *cobra.Command {
	var asJSON string
	cmd := &cobra.Command{
		Use:     "list",
		Short:   "List bpflab's machines on servers, and whether their owners live",
		Example: "  bpflab vms list --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			left, _, err := f.survey(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			out := cmd.OutOrStdout()
			return printOrJSON(asJSON, out, orphanLines(left), func() error { return printOrphans(out, left) })
		},
	}
	defineListJSON(cmd.Flags(), &asJSON)
	return cmd
}

func (f *vmsFlags) gcCmd() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "gc",
		Short:   "Remove machines whose owners are dead",
		Example: "  bpflab vms gc --all",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			left, reapers, err := f.survey(cmd.Context(), cmd.ErrOrStderr())
			if err != nil {
				return err
			}
			return reap(cmd.Context(), cmd.OutOrStdout(), left, reapers, all)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "also those that run, those of other hosts, and what is cached on the servers")
	return cmd
}

// orphan is a machine and the provider it was found with.
type orphan struct {
	vms.Orphan
	provider string
}

// reapers are the providers that were asked, by their names.
type reapers map[string]vms.Reaper

// survey asks the provider that was named, or all. One that was not named and
// cannot be reached is left out, and said to be.
func (f *vmsFlags) survey(ctx context.Context, w io.Writer) ([]orphan, reapers, error) {
	names := []string{f.provider}
	if f.provider == "" {
		names = providerNames()
	}
	var left []orphan
	asked := reapers{}
	for _, name := range names {
		p, err := providerFlags{name: name}.open()
		if err != nil {
			return nil, nil, err
		}
		c, ok := p.(vms.Reaper)
		if !ok {
			continue
		}
		found, err := c.Orphans(ctx)
		switch {
		case err != nil && (f.provider != "" || ctx.Err() != nil):
			return nil, nil, err
		case err != nil:
			fmt.Fprintf(w, "bpflab: left out: %v\n", err)
			continue
		}
		asked[p.Name()] = c
		for _, m := range found {
			left = append(left, orphan{m, p.Name()})
		}
	}
	if f.provider != "" && len(asked) == 0 {
		return nil, nil, usageError{fmt.Errorf("--provider %s keeps no machines that could be left behind", f.provider)}
	}
	return left, asked, nil
}

// reap removes what may be removed, and prints what became of each machine.
func reap(ctx context.Context, out io.Writer, left []orphan, from reapers, all bool) error {
	var failed *multierror.Error
	for _, m := range left {
		state := m.Owner.State()
		switch {
		case state == lease.Unknown:
			fmt.Fprintf(out, "%s %s is left alone: it is not bpflab's\n", m.provider, m.Name)
			continue
		case state != lease.Dead && !all:
			fmt.Fprintf(out, "%s %s is left alone: its owner is %s (--all removes it)\n", m.provider, m.Name, state)
			continue
		}
		if err := from[m.provider].Remove(ctx, m.Orphan); err != nil {
			failed = multierror.Append(failed, err)
			continue
		}
		fmt.Fprintf(out, "%s %s is removed\n", m.provider, m.Name)
	}
	if all {
		failed = multierror.Append(failed, from.purge(ctx, out))
	}
	if len(left) == 0 && !all {
		fmt.Fprintln(out, "no machines are left behind")
	}
	return failed.ErrorOrNil()
}

// purge removes what providers keep besides machines. Two that share a server
// have it in common.
func (c reapers) purge(ctx context.Context, out io.Writer) error {
	var failed *multierror.Error
	for name, reaper := range c {
		purger, ok := reaper.(vms.Purger)
		if !ok {
			continue
		}
		if err := purger.Purge(ctx); err != nil {
			failed = multierror.Append(failed, err)
			continue
		}
		fmt.Fprintf(out, "%s: images and project are removed\n", name)
	}
	return failed.ErrorOrNil()
}

// orphanLine is a machine of `bpflab vms list --json`.
type orphanLine struct {
	Provider string     `json:"provider"`
	Name     string     `json:"name"`
	Where    string     `json:"where,omitempty"`
	State    string     `json:"state"`
	Owner    string     `json:"owner"` // alive, dead, elsewhere, unknown
	PID      int        `json:"pid,omitempty"`
	Made     *time.Time `json:"made,omitempty"`
}

func (m orphan) line() orphanLine {
	l := orphanLine{Provider: m.provider, Name: m.Name, Where: m.Where, State: m.State, Owner: m.Owner.State().String(), PID: m.Owner.PID}
	if !m.Made.IsZero() {
		l.Made = &m.Made
	}
	return l
}

func orphanLines(left []orphan) []orphanLine {
	lines := make([]orphanLine, len(left))
	for i, m := range left {
		lines[i] = m.line()
	}
	return lines
}

func printOrphans(out io.Writer, left []orphan) error {
	if len(left) == 0 {
		_, err := fmt.Fprintln(out, "no machines")
		return err
	}
	slices.SortStableFunc(left, func(a, b orphan) int {
		return cmp.Or(cmp.Compare(a.provider, b.provider), a.Made.Compare(b.Made))
	})
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PROVIDER\tNAME\tWHERE\tSTATE\tOWNER\tAGE")
	for _, m := range left {
		l := m.line()
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\n", l.Provider, l.Name, cmp.Or(l.Where, "this host"), l.State, ownerText(l), age(m.Made))
	}
	return table.Flush()
}

func ownerText(l orphanLine) string {
	if l.PID == 0 {
		return l.Owner
	}
	return fmt.Sprintf("%s (pid %d)", l.Owner, l.PID)
}

func age(made time.Time) string {
	if made.IsZero() {
		return "-"
	}
	return time.Since(made).Round(time.Second).String()
}
