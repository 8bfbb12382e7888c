package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// archFlag is --arch: the architectures of all selectors that name none.
type archFlag struct {
	words  []string // as given, for refuseEmpty
	arches []kernel.Arch
}

// define defines the flag of every verb that selects kernels; of says of which.
func (a *archFlag) define(flags *pflag.FlagSet, of string) {
	flags.Var(a, "arch", "architectures "+of+": "+strings.Join(archWords(), ", ")+" or "+kernel.AllArch)
}

// ofKernels is what --arch means beside --kernel.
const ofKernels = "of each kernel that names none"

// Set adds architectures, with commas between them. Empty ones are left to refuseEmpty, whose
// message says more.
func (a *archFlag) Set(text string) (err error) {
	a.words = append(a.words, strings.Split(text, ",")...)
	a.arches, err = kernel.ParseArches(a.words)
	return err
}

// Type returns the name of the value in the help.
func (a *archFlag) Type() string { return "stringSlice" }

// String returns what was given.
func (a *archFlag) String() string { return strings.Join(a.words, ",") }

// GetSlice returns what was given, as pflag.SliceValue has it.
func (a *archFlag) GetSlice() []string { return a.words }

// Append adds an architecture.
func (a *archFlag) Append(word string) error { return a.Set(word) }

// Replace sets the architectures.
func (a *archFlag) Replace(words []string) error {
	*a = archFlag{}
	return a.Set(strings.Join(words, ","))
}

// across returns the selectors, each that names no architecture once for each of --arch.
func (a *archFlag) across(selectors []string) ([]string, error) {
	all, err := kernel.AcrossArches(selectors, a.arches)
	if err != nil {
		return nil, kernelError(err)
	}
	return all, nil
}

// resolve returns the kernels that the selectors name, of the architectures of --arch.
func (a *archFlag) resolve(ctx context.Context, cat *catalogue.Catalogue, selectors []string) ([]kernel.Ref, error) {
	all, err := a.across(selectors)
	if err != nil {
		return nil, err
	}
	refs, err := cat.Resolve(ctx, all)
	if err == nil {
		err = kernel.CheckArches(refs, a.arches)
	}
	return refs, kernelError(err)
}

// knownTo returns the pins and imports of a catalogue, of the architectures of --arch.
func (a *archFlag) knownTo(c *catalogue.Catalogue) ([]kernel.Ref, error) {
	refs, err := c.List()
	return slices.DeleteFunc(refs, func(r kernel.Ref) bool {
		return len(a.arches) > 0 && !slices.Contains(a.arches, r.Arch.OrDefault())
	}), err
}

// notOf returns an error if --arch is given for kernels that a provider has itself.
func (a *archFlag) notOf(p vms.Provider, own []kernel.Image) error {
	if len(a.arches) == 0 || len(own) == 0 {
		return nil
	}
	return usageError{fmt.Errorf("--arch is for kernels that bpflab boots itself, as --provider qemu does, and %s is one of %s's own", own[0].Selector, p.Name())}
}

// apart returns a selector for each of --arch. perhaps reports that some of them may name
// nothing, as with all-arch.
func (a *archFlag) apart(selector string) (all []string, perhaps bool, err error) {
	if all, err = a.across([]string{selector}); err != nil || len(a.arches) < len(kernel.Arches()) {
		return all, false, err
	}
	all = nil
	for _, arch := range a.arches {
		more, err := kernel.AcrossArches([]string{selector}, []kernel.Arch{arch})
		if err != nil { // it names one itself
			return []string{selector}, false, nil
		}
		all = append(all, more...)
	}
	return slices.Compact(all), true, nil
}

// one returns the only selector that a verb takes, of the architecture of --arch.
func (a *archFlag) one(selector string) (string, error) {
	all, err := a.across([]string{selector})
	if err == nil && len(all) > 1 {
		err = usageError{fmt.Errorf("--arch names %d architectures, and this verb takes kernels of one", len(a.arches))}
	}
	if err != nil {
		return "", err
	}
	return all[0], nil
}
