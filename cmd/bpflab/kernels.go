package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// kernelFlags are the flags that the verbs of `bpflab kernels` share.
type kernelFlags struct {
	origin kernelOrigin
	locked bool

	openWith func(kernel.Progress, []byte, kernelOrigin, bool) (*catalogue.Catalogue, error) // with a lock file's text
}

func newKernelsCmd() *cobra.Command {
	f := &kernelFlags{openWith: openCatalogueWith}
	cmd := &cobra.Command{
		Use:   "kernels",
		Short: "List, fetch, import, pin, check and remove kernels",
		Long: `Kernels come from signed Debian suites, or are imported from files.

Selectors:
  6.1                    the pinned (else newest) kernel of a series
  6.1.192                one upstream version
  6.1.0-56-cloud-amd64   one release, as uname -r says it
  ">=5.10 <6.2"          each series in a range
  latest                 the newest released kernel
  default                4.19 where Debian's archive answers, 5.10, 6.1, 6.12 and latest
  all                    each pinned series and each import
  local:NAME             an import
  oci:REF[@DIGEST]       the kernel in a container's image; oci:./FILE in an archive
  host/                  the kernel of this machine; host/RELEASE another one of /boot
A series, version or range may end in /generic for the kernels with drivers
for real hardware, and any selector in an architecture: 6.12/arm64, 6.1/s390x,
default/riscv64, 6.1/ppc64el, 6.12/all-arch. --arch arm64,s390x says it for all.

Every selector may end in a variant, which says how the kernel is booted:
  +cgroup1               control groups of version 1, and no cgroup2
  +hardened              net.core.bpf_jit_harden=2
  +jit=off               programs are interpreted
  +lockdown=integrity    or =confidentiality
  +lsm=bpf               a security module besides those that it has active
  +mem=512M              the memory of its machine
  +preempt               preempt=full; or =none, =voluntary, =lazy
  +unprivileged          kernel.unprivileged_bpf_disabled=0
as in 6.12+jit=off+unprivileged. A kernel that cannot be so is unsupported.`,
		Example: `  bpflab kernels list
  bpflab kernels pull 6.1 latest
  bpflab kernels list '>=6.1' --arch arm64`,
		Args: noSuchCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	f.origin.define(cmd.PersistentFlags())
	cmd.PersistentFlags().BoolVar(&f.locked, "locked", false, "nothing but what the lock file and the imports have")
	cmd.AddCommand(f.listCmd(), f.pullCmd(), f.importCmd(), f.searchCmd(), f.saveCmd(), f.lockCmd(), f.verifyCmd(), f.removeCmd(), f.pruneCmd(), newSweepCmd())
	return cmd
}

func (f *kernelFlags) open(std streams) (*catalogue.Catalogue, error) {
	return openCatalogue(std.downloads(), f.origin, f.locked)
}

func (f *kernelFlags) pullCmd() *cobra.Command {
	var arch archFlag
	cmd := &cobra.Command{
		Use:   "pull [SELECTOR]...",
		Short: "Fetch kernels into the cache (the default ones if none is named)",
		Example: `  bpflab kernels pull
  bpflab kernels pull 6.1 '>=6.6 <6.12' --arch arm64`,
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := f.open(streamsOf(cmd))
			if err != nil {
				return err
			}
			if len(args) == 0 {
				args = []string{"default"}
			}
			images, err := fetchImages(cmd.Context(), c, &arch, args)
			if err != nil {
				return err
			}
			for _, i := range images {
				fmt.Fprintf(cmd.OutOrStdout(), "%s\t%s\t%s\n", i.Series, i.Release, i.PkgVer)
			}
			return nil
		},
	}
	arch.define(cmd.Flags(), ofKernels)
	return cmd
}

func (f *kernelFlags) verifyCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "verify",
		Short: "Check every file in the cache and remove what is damaged",
		Long: `Check the SHA-256 of every file in the cache (kernels, packages, initramfs and
--rootfs archives, compiled objects, templates) and remove what is damaged. It is
made or fetched again when it is needed. Exit code 1 if something was damaged.`,
		Example: "  bpflab kernels verify",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.open(streamsOf(cmd))
			if err != nil {
				return err
			}
			checks, err := c.Verify(cmd.Context())
			if err != nil {
				return err
			}
			damaged := printChecks(cmd.OutOrStdout(), checks)
			for _, s := range takeStock(c.Root()) {
				bad, removeErr := s.print(cmd.OutOrStdout())
				damaged, err = damaged || bad, errors.Join(err, removeErr)
			}
			if err == nil && damaged {
				return exitError{verdict.ExitFail}
			}
			return err
		},
	}
}

// printChecks prints a line for each kernel, and for each damaged file of the kernels'
// part of the cache. It reports whether there was a damaged one.
func printChecks(out io.Writer, checks []catalogue.Check) (damaged bool) {
	if len(checks) == 0 {
		fmt.Fprintln(out, "no kernels in the cache")
	}
	for _, c := range checks {
		label := c.Kind
		if len(c.Ref.Files) > 0 {
			label = c.Ref.Label()
		}
		if c.Err == nil {
			fmt.Fprintf(out, "%s\tok\t%s\n", label, cmp.Or(c.Ref.Release, c.Path))
			continue
		}
		damaged = true
		fmt.Fprintf(out, "%s\tdamaged, removed, %s: %v\n", label, remedy(c), c.Err)
	}
	return damaged
}

// remedy returns how the user gets back what was damaged.
func remedy(c catalogue.Check) string {
	switch {
	case c.Kind == "import", c.Ref.Source == kernel.Local:
		return "import it again (bpflab kernels import)"
	case c.Kind == "kernel":
		return "unpacked again when needed"
	}
	return "fetched again when needed"
}

func (f *kernelFlags) pruneCmd() *cobra.Command {
	var everything bool
	var forget []string
	var arch archFlag
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove kernels that are neither pinned nor imported, what is damaged, and all templates",
		Long: `Remove kernels that are neither pinned nor imported, the templates of booted
machines and the archives they boot from, and whatever is damaged or of no use.
What is removed is fetched, or made, again when it is needed; machines that run
are not disturbed.`,
		Example: `  bpflab kernels prune
  bpflab kernels prune --forget mine
  bpflab kernels prune --arch s390x`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := f.open(streamsOf(cmd))
			if err != nil {
				return err
			}
			for _, name := range forget {
				if err := c.Forget(strings.TrimPrefix(name, "local:")); err != nil {
					return kernelError(err)
				}
			}
			freed, err := prune(cmd.Context(), c, everything, arch.arches)
			if err == nil {
				fmt.Fprintf(cmd.OutOrStdout(), "%s freed in %s\n", size(freed), c.Root())
			}
			return err
		},
	}
	arch.define(cmd.Flags(), "of the kernels to remove, with their templates; nothing else is removed then")
	cmd.Flags().BoolVar(&everything, "all", false, "pinned kernels and --rootfs archives too; imports stay")
	cmd.Flags().StringSliceVar(&forget, "forget", nil, "imports to remove as well, by name")
	return cmd
}

// prune removes what is not needed and returns the bytes that came free: of some architectures
// only kernels and their templates.
func prune(ctx context.Context, c *catalogue.Catalogue, everything bool, arches []kernel.Arch) (int64, error) {
	var of map[string]bool
	if len(arches) > 0 {
		var err error
		if of, err = c.Digests(arches); err != nil {
			return 0, err
		}
	}
	templates, err := pruneTemplates(of)
	if err != nil {
		return 0, err
	}
	before := c.Size()
	if _, err := c.Verify(ctx); err != nil { // removes what is damaged
		return 0, err
	}
	if err := c.Prune(ctx, everything, arches...); err != nil {
		return 0, err
	}
	if of == nil {
		err = pruneCache(c.Root(), everything)
	}
	return templates + before - c.Size(), err
}
