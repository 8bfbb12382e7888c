package gotest

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Runner runs the tests of packages on several kernels, each package on each kernel in a
// machine of its own.
type Runner struct {
	Pool     *scheduler.Pool
	Packages []*Package // each once for every architecture of the kernels
	Kernels  []kernel.Image
	Task     command.TaskFunc
	Flags    Flags
	Root     string   // the machines' directory of a root file system, "" for none
	Env      []string // added to the machines', "K=V"
	Signals  command.SignalsFunc
	Failed   command.FailedFunc // may be nil
	Printer  *Printer

	lock     sync.Mutex // of profiles
	profiles []string
}

// Run runs every package that has tests on every kernel, and returns the records: all
// kernels of the first package, then those of the next.
func (r *Runner) Run(ctx context.Context) []verdict.Cell {
	var jobs []command.Job
	for _, path := range r.paths() {
		before := len(jobs)
		for _, k := range r.Kernels {
			if p := r.compiledFor(path, k); p != nil {
				jobs = append(jobs, r.job(len(jobs)+1, p, k))
			}
		}
		if len(jobs) == before {
			r.Printer.NoTests(path)
		}
	}
	return command.Cells(ctx, r.Pool, jobs)
}

// paths returns the import paths of the packages, each once.
func (r *Runner) paths() (all []string) {
	for _, p := range r.Packages {
		if !slices.Contains(all, p.Path) {
			all = append(all, p.Path)
		}
	}
	return all
}

// compiledFor returns the package of a path as it was compiled for a kernel, nil where it has no
// tests there.
func (r *Runner) compiledFor(path string, k kernel.Image) *Package {
	i := slices.IndexFunc(r.Packages, func(p *Package) bool { return p.Path == path && p.Arch.Is(ArchOf(k)) && p.Binary != "" })
	if i < 0 {
		return nil
	}
	return r.Packages[i]
}

// MergeCover writes the coverage profiles of all packages and kernels as one.
func (r *Runner) MergeCover(w io.Writer) error { return MergeCover(w, r.profiles) }

// job returns one package on one kernel.
func (r *Runner) job(index int, p *Package, k kernel.Image) command.Job {
	dir := command.DirName(index, filepath.Base(p.Path), k.Series)
	show := r.Printer.Package(k.Selector)
	return command.Job{
		Name: p.Path,
		Task: r.Task(p.Path, k, filepath.Join("machines", dir)),
		Do: func(ctx context.Context, a *scheduler.Attempt, cell *verdict.Cell) error {
			return r.in(ctx, a.Session, p, dir, show, cell)
		},
		Done: func(cell verdict.Cell) {
			show.End(cell)
			r.addProfile(dir)
		},
	}
}

// in runs a package's tests in a machine.
func (r *Runner) in(ctx context.Context, s *session.Session, p *Package, dir string, show *PackagePrinter, cell *verdict.Cell) error {
	cell.Binary = p.Made
	signals, done := r.Signals()
	defer done()
	o := Options{Flags: r.Flags, Root: r.Root, Env: r.Env, Signals: signals, Each: show.Event,
		Cores: filepath.Join(r.Pool.Dir, "cores", dir), Cover: r.coverDir(dir)}
	if err := p.Run(ctx, s, o, cell); err != nil || cell.Splat != "" || r.Failed == nil {
		return err
	}
	return command.Begun(r.Failed(ctx, s, command.Command{Root: o.Root, Env: o.Env, Dir: p.Dir}, *cell))
}

func (r *Runner) coverDir(dir string) string { return filepath.Join(r.Pool.Dir, "cover", dir) }

// addProfile notes the coverage profile that a package's tests have left.
func (r *Runner) addProfile(dir string) {
	file := CoverIn(r.coverDir(dir))
	if _, err := os.Stat(file); r.Flags.Cover == "" || err != nil {
		return
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	r.profiles = append(r.profiles, file)
}
