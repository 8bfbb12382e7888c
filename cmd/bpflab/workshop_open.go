package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/lease"
	"github.com/bpflab/bpflab/vms/suggest"
)

// The limits of a workshop's compiler are lower than those of a run's, because a
// student waits for it.
const (
	workshopBuildCPU    = 20 * time.Second
	workshopBuildMemory = 1 << 30
)

// open opens the workshop; done closes it and removes the files of its machines.
func (f *workshopFlags) open(ctx context.Context, std streams) (w *workshop.Workshop, done func(), err error) {
	dir, remove, err := lease.MkdirTemp("", lease.Prefix+"workshop-")
	if err != nil {
		return nil, nil, err
	}
	release := f.holdMachines(dir)
	w, err = f.openWith(ctx, std, dir)
	if err != nil {
		release()
		remove()
		return nil, nil, err
	}
	return w, func() { w.Close(); release(); remove() }, nil
}

// holdMachines runs a standby, so that a new machine, and a comparison with another kernel, begin
// at once. A class has none, because its machines take the memory.
func (f *workshopFlags) holdMachines(dir string) (release func()) {
	if f.class != "" {
		return func() {}
	}
	return holdMachines(&f.machines.provider, dir)
}

// openWith opens the workshop with a directory for the consoles of its machines.
func (f *workshopFlags) openWith(ctx context.Context, std streams, consoles string) (*workshop.Workshop, error) {
	lessons, err := f.lessons(ctx, func(text string) { fmt.Fprintln(std.err, "bpflab:", text) })
	if err != nil {
		return nil, err
	}
	provider, err := f.machines.provider.open()
	if err != nil {
		return nil, err
	}
	caps, err := provider.Caps(ctx)
	if err != nil {
		return nil, err
	}
	if caps.Shared {
		return nil, usageError{fmt.Errorf("--provider %s has no machines of its own: students would work as root on a kernel that others use", provider.Name())}
	}
	kernels, err := f.kernels(ctx, std, provider)
	if err != nil {
		return nil, err
	}
	if err := needSome(len(kernels.Names()), "kernels", "--kernel names none; bpflab kernels list shows which there are"); err != nil {
		return nil, err
	}
	if _, err := kernels.Image(ctx, kernels.Names()[0]); err != nil {
		return nil, err // fetched before anybody waits for it
	}
	agent, err := agentPath()
	if err != nil {
		return nil, err
	}
	cache, err := store.DefaultRoot()
	if err != nil {
		return nil, err
	}
	return workshop.New(workshop.Options{
		Lessons: lessons, Kernels: kernels, Provider: provider, Agent: agent, Dir: f.dir, Machines: consoles, Watch: f.watch, Frugal: f.class != "", Rechecks: f.class != "", Limits: f.limits,
		Builder: build.New(f.buildOptions(cache)),
	}), nil
}

// buildOptions returns the options of the compiler. Objects of a class are not cached, so
// that students cannot fill the disk; those that are in the cache already are used.
func (f *workshopFlags) buildOptions(cache string) build.Options {
	options := workshopCompiler(cache)
	if f.class != "" {
		options.Cache, options.Known, options.Confined, options.Patience = "", options.Cache, build.Confinable() == nil, workshop.CompilerPatience
	}
	return options
}

// workshopCompiler returns the options of a compiler that a workshop's steps may use.
func workshopCompiler(cache string) build.Options {
	options := compiler(cache)
	options.CPU, options.Memory = workshopBuildCPU, workshopBuildMemory
	return options
}

// lessons returns the lessons of the course and of the user's own labs, in their order, or
// the one of a user's own lab. It notes what is wrong with the user's own.
func (f *workshopFlags) lessons(ctx context.Context, notes func(string)) ([]*workshop.Lesson, error) {
	cache, err := store.DefaultRoot()
	if err != nil {
		return nil, err
	}
	f.own = &ownLabs{dir: f.labs, notes: notes, builder: build.New(workshopCompiler(cache))}
	if f.lab != "" && !embedded(f.lab) {
		f.own.lab = f.lab
	}
	lessons, err := f.own.lessons(ctx)
	if err != nil {
		return nil, err
	}
	if err := needSome(len(lessons), "labs", "name one; bpflab labs shows those of the course"); err != nil {
		return nil, err
	}
	return lessons, f.knows(lessons)
}

// knows returns an error if the lab to begin with is not in the course.
func (f *workshopFlags) knows(lessons []*workshop.Lesson) error {
	if f.lab == "" || f.own.lab != "" || slices.ContainsFunc(lessons, func(l *workshop.Lesson) bool { return l.Name == f.lab }) {
		return nil
	}
	var have []string
	for _, l := range lessons {
		have = append(have, l.Name)
	}
	return usageError{&lab.NotFound{Name: f.lab, Have: have, Suggest: suggest.Spelling(f.lab, have)}}
}

// kernels returns the kernels of --kernel, of which the first is the students'. Without
// the flag it returns the newest one, the other default ones, and the imported ones.
func (f *workshopFlags) kernels(ctx context.Context, std streams, p vms.Provider) (*workshopKernels, error) {
	kernels := newWorkshopKernels()
	asked := f.machines.kernels
	if !f.given.kernels {
		asked = []string{"latest", "default"}
	}
	images, others, err := providerKernels(ctx, p, asked)
	if err != nil {
		return nil, err
	}
	for _, image := range distinct(images) {
		kernels.addImage(image)
	}
	f.downloads = &workshopDownloads{shown: std.downloads()}
	cat, err := openCatalogue(f.downloads, f.machines.origin, f.machines.locked)
	if err != nil {
		return nil, err
	}
	if err := kernels.addAll(ctx, cat, others, ""); err != nil {
		return nil, err
	}
	if !f.given.kernels && len(others) > 0 {
		err = kernels.addAll(ctx, cat, []string{"all"}, kernel.Local)
	}
	return kernels, err
}

// addAll adds the kernels that selectors name, or only those of one source.
func (k *workshopKernels) addAll(ctx context.Context, cat *catalogue.Catalogue, selectors []string, source string) error {
	for _, selector := range selectors {
		refs, err := cat.Resolve(ctx, []string{selector})
		if err != nil {
			return kernelError(err)
		}
		for _, ref := range refs {
			if source == "" || ref.Source == source {
				k.addRef(cat, ref)
			}
		}
	}
	return nil
}

// firstLab returns the name of the lab to begin with.
func (f *workshopFlags) firstLab(w *workshop.Workshop) string {
	if f.lab != "" && embedded(f.lab) {
		return f.lab
	}
	return w.Course()[0].Name
}
