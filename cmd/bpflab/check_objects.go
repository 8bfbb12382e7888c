package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/bpflab/bpflab/harness/project"
	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
)

// objectCheck is an entry of objects.
type objectCheck struct {
	project *project.Project
	index   int
	objects []*verify.Object
	options verify.Options
}

func newObjectCheck(p *project.Project, index int) (*objectCheck, error) {
	o := p.Objects[index]
	paths, err := p.Paths(index)
	if err != nil {
		return nil, err
	}
	objects, err := openObjects(paths)
	if err != nil {
		return nil, err
	}
	c := &objectCheck{p, index, objects, verify.Options{Loader: o.Loader, Attach: o.Attach, Optional: o.Optional || o.Annotations, Expect: o.Annotations, MapSizes: map[string]uint32{}, Targets: o.AttachTargets}}
	for name, n := range o.MapSizes {
		c.options.MapSizes[name] = uint32(n)
	}
	at := fmt.Sprintf("objects[%d]", index)
	for _, wrong := range []error{verify.CheckLoader(o.Loader), c.options.CheckNames(objects), o.Budgets.Known(objects)} {
		if wrong != nil {
			return nil, p.Mistake(at, "", "%v", wrong)
		}
	}
	if err := p.CheckRejected(index, objects); err != nil {
		return nil, err
	}
	if o.Annotations {
		if o.Attach || len(o.Rejected) > 0 || len(o.Budgets.All)+len(o.Budgets.Programs)+len(o.Budgets.Kernels) > 0 || o.Loader != verify.Either && o.Loader != verify.Cilium {
			return nil, p.Mistake(at+".annotations", "make two entries of it", "annotations say how a program is loaded and what is expected: attach, budgets, rejected and other loaders are not for them")
		}
		if err := verify.Annotate(objects); err != nil {
			return nil, p.Mistake(at+".annotations", "", "%v", err)
		}
	}
	if o.BTF != "" {
		if c.options.BTF, err = verify.ReadBTF(o.BTF); err != nil {
			return nil, p.Mistake(at+".btf", "", "%v", err)
		}
	}
	if o.Presets != "" {
		sets, err := verify.ReadPresets(o.Presets)
		if err != nil {
			return nil, err
		}
		if objects, err = (verify.Presets{Sets: sets}).Apply(objects); err != nil {
			return nil, err
		}
	}
	if c.objects, err = (verify.Selection{Only: o.Programs, Skip: o.Skip}).Of(objects); err != nil {
		return nil, p.Mistake(at, "", "%v", err)
	}
	if len(c.objects) == 0 {
		return nil, p.Mistake(at, "correct programs and skip", "none of these objects' programs is left")
	}
	return c, nil
}

func (c *objectCheck) on(kernels []kernel.Image) ([]kernel.Image, error) {
	if err := verify.CheckAnnotations(c.objects, kernels); err != nil {
		return nil, c.project.Mistake(fmt.Sprintf("objects[%d].annotations", c.index), "", "%v", err)
	}
	return kernels, c.options.CheckKernels(kernels)
}

func (c *objectCheck) left([]kernel.Image) []string { return nil } // objects are for all

func (c *objectCheck) planned(kernels []kernel.Image) (all []report.Planned) {
	for _, name := range project.Names(c.objects) {
		all = append(all, plannedOn(name, kernels)...)
	}
	return all
}

func (c *objectCheck) rows() (all []row) {
	for _, name := range project.Names(c.objects) {
		contents := []func(io.Writer) error{text(c.options.BTF)}
		for _, o := range c.objects {
			if o.Name == name || verify.IsOfPair(o.Name) {
				contents = append(contents, o.Describe)
			}
		}
		all = append(all, row{name, c.project.Objects[c.index], digest(contents...)})
	}
	return all
}

func (c *objectCheck) only(rows []int) check {
	own := *c
	names := project.Names(c.objects)
	own.objects = slices.DeleteFunc(slices.Clone(c.objects), func(o *verify.Object) bool {
		return !slices.ContainsFunc(rows, func(i int) bool { return names[i] == o.Name })
	})
	return &own
}

func (c *objectCheck) run(ctx context.Context, _ streams, env environment) ([]verdict.Cell, error) {
	c.options.Pool = env.pool
	results := verify.Run(ctx, c.objects, env.images, c.options)
	return c.project.Cells(c.index, c.objects, env.images, results, env.provider.Name()), nil
}
