package main

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// machineFlags say which kernels run where, and how many at once. Each verb defines
// those that it has; the others keep their usual values.
type machineFlags struct {
	kernels    []string
	arch       archFlag
	provider   providerFlags
	jobs       int
	retries    int
	cold       bool
	locked     bool
	origin     kernelOrigin
	dir        string
	allowSplat splatFlag
}

// usualRetries is how often a task is tried again whose machine failed.
const usualRetries = 1

// define defines the flags of every verb that boots kernels; jobs is the help of -j.
func (f *machineFlags) define(flags *pflag.FlagSet, jobs string) {
	f.defineKernels(flags)
	flags.BoolVar(&f.locked, "locked", false, "fail if a pinned kernel is no longer to be had")
	f.defineProvider(flags)
	f.defineRun(flags, jobs)
}

// defineKernels defines the flags of every verb that selects kernels.
func (f *machineFlags) defineKernels(flags *pflag.FlagSet) {
	flags.StringSliceVar(&f.kernels, "kernel", []string{"default"}, "kernels: series, versions, ranges, latest, all, local:NAME, each with an architecture such as /arm64, and a variant such as +jit=off")
	f.arch.define(flags, ofKernels)
}

// defineProvider defines the flag that says what runs the machines.
func (f *machineFlags) defineProvider(flags *pflag.FlagSet) {
	f.retries = usualRetries
	flags.StringVar(&f.provider.name, "provider", defaultProvider, "what runs the machines: "+strings.Join(providerNames(), ", "))
}

// defineRun defines those of the flags that do not choose what runs.
func (f *machineFlags) defineRun(flags *pflag.FlagSet, jobs string) {
	f.provider.defineAccel(flags)
	flags.IntVarP(&f.jobs, "jobs", "j", 0, jobs)
	f.origin.define(flags)
	f.provider.defineStandby(flags)
	flags.StringVarP(&f.dir, "dir", "o", "", "directory for the results (default: a new one in the state directory)")
}

// defineConsent defines the flag of every verb that may harm a kernel that others use
// too; help says what it does to it.
func (f *machineFlags) defineConsent(flags *pflag.FlagSet, help string) {
	flags.BoolVar(&f.provider.consent, "yes-on-this-kernel", false, help+" on a kernel that others use too")
}

// defineCold defines the flag of every verb whose machines may be booted instead of forked.
func (f *machineFlags) defineCold(flags *pflag.FlagSet) {
	flags.BoolVar(&f.cold, "cold", false, "boot every machine, fork none")
}

// defineSplats defines the flag of every verb that judges what a kernel reports.
func (f *machineFlags) defineSplats(flags *pflag.FlagSet) {
	flags.Var(&f.allowSplat, "allow-splat", "kernel warnings, lockups and such that are no failure: a pattern found in them; may be repeated")
}

// images resolves the selectors and fetches what is not in the cache.
func (f *machineFlags) images(ctx context.Context, std streams, p vms.Provider) ([]kernel.Image, error) {
	images, others, err := providerKernels(ctx, p, f.kernels)
	if err != nil {
		return nil, err
	}
	if err := f.arch.notOf(p, images); err != nil {
		return nil, err
	}
	if len(others) == 0 {
		return images, needSome(len(images), "kernels", "--kernel "+strings.Join(f.kernels, ",")+" names none that "+p.Name()+" has")
	}
	cat, err := openCatalogue(std.downloads(), f.origin, f.locked)
	if err != nil {
		return nil, err
	}
	fetched, err := fetchImages(ctx, cat, &f.arch, others)
	std.sayKernels(fetched)
	return append(images, fetched...), err
}

// checkKernels returns an error if the selectors name no kernels. It fetches none.
func (f *machineFlags) checkKernels(ctx context.Context) error {
	p, err := f.provider.open()
	if err != nil {
		return err
	}
	images, others, err := providerKernels(ctx, p, f.kernels)
	if err != nil {
		return err
	}
	if err := f.arch.notOf(p, images); err != nil || len(others) == 0 {
		return err
	}
	cat, err := openCatalogue(newProgress(io.Discard, false), f.origin, f.locked)
	if err != nil {
		return err
	}
	_, err = f.arch.resolve(ctx, cat, others)
	return err
}

// distinct gives each kernel a selector of its own: those of "all" and of a range are
// named by their series, or their release.
func distinct(images []kernel.Image) []kernel.Image {
	for _, name := range []func(kernel.Image) string{
		func(k kernel.Image) string { return k.Series },
		func(k kernel.Image) string { return k.Release },
	} {
		times := map[string]int{}
		for _, k := range images {
			times[k.Selector]++
		}
		for i := range images {
			if better := name(images[i]); times[images[i].Selector] > 1 && better != "" {
				images[i].Selector = better
			}
		}
	}
	return images
}
