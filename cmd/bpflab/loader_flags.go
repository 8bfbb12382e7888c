package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/harness/verify"
)

// loaderFlags say what loads the objects of `bpflab verify`, and what it is given beside them.
type loaderFlags struct {
	loader   string
	optional bool
	sizes    []string
	globals  []string
	targets  []string
}

func (f *loaderFlags) define(flags *pflag.FlagSet) {
	flags.StringVar(&f.loader, "loader", verify.Either, "what loads the objects: either (cilium/ebpf, and libbpf for what that cannot load), auto (the one that the object is for, and then the other one), cilium (cilium/ebpf), libbpf, both (and where they differ)")
	flags.BoolVar(&f.optional, "optional", false, `load programs of optional sections, SEC("?..."), too`)
	flags.StringArrayVar(&f.sizes, "map-size", nil, "max_entries of a map that its loader sizes, as in events=1024")
	flags.StringArrayVar(&f.globals, "set-global", nil, "value of a global variable, as in targ_pid=1 or cfg.ports[1]=80; @FILE has one a line")
	flags.StringArrayVar(&f.targets, "attach-target", nil, "function to attach a program to whose section names none, as in PROGRAM=vfs_read")
}

// options returns what the flags say.
func (f *loaderFlags) options(objects []*verify.Object) (verify.Options, error) {
	o := verify.Options{Loader: f.loader, Optional: f.optional, MapSizes: map[string]uint32{}, Targets: map[string]string{}}
	if err := verify.CheckLoader(f.loader); err != nil {
		return o, err
	}
	for _, text := range f.sizes {
		name, value, _ := strings.Cut(text, "=")
		n, err := strconv.ParseUint(value, 10, 32)
		if err != nil || name == "" || n == 0 {
			return o, fmt.Errorf("--map-size %q is not MAP=N, with N from 1 to 4294967295", text)
		}
		o.MapSizes[name] = uint32(n)
	}
	for _, text := range f.targets {
		name, target, _ := strings.Cut(text, "=")
		if name == "" || target == "" {
			return o, fmt.Errorf("--attach-target %q is not PROGRAM=FUNCTION", text)
		}
		o.Targets[name] = target
	}
	return o, o.CheckNames(objects)
}

// set returns the objects with the values of --set-global and of presets, and those as a report
// has them.
func (f *loaderFlags) set(objects []*verify.Object, presets verify.Presets) ([]*verify.Object, verify.Presets, error) {
	var err error
	if presets.All, err = verify.ReadSettings(f.globals); err != nil {
		return nil, presets, err
	}
	objects, err = presets.Apply(objects)
	return objects, presets, err
}
