// Package gotest compiles the tests of Go packages, runs them in machines, and records
// their results.
package gotest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/vms/child"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/lease"
)

// Package is a Go package whose tests are compiled for one architecture.
type Package struct {
	Path   string // import path
	Dir    string
	Module string // the module's directory, or the package's own
	Arch   kernel.Arch
	Binary string // "" where there are no tests
	Made   string // how Binary was made, in a line
	Files  *bundle.Files
}

// listed is what go list says of a package.
type listed struct {
	ImportPath, Dir           string
	Module                    *struct{ Dir string }
	TestGoFiles, XTestGoFiles []string
	Error                     *struct{ Err string }
}

// Compile finds the packages that patterns name and compiles their tests into dir, for
// machines of an architecture with or without a root file system of their own. Errors are what the
// go command says.
func Compile(ctx context.Context, patterns []string, flags Flags, arch kernel.Arch, dir string, rootfs bool) ([]*Package, error) {
	t, err := targetFor(ctx, patterns, flags, arch.OrDefault())
	if err != nil {
		return nil, err
	}
	found, err := list(ctx, patterns, flags, t.env)
	if err != nil {
		return nil, err
	}
	packages := make([]*Package, len(found))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	for i, l := range found {
		p := &Package{Path: l.ImportPath, Dir: l.Dir, Module: l.Dir, Arch: t.arch, Files: &bundle.Files{Rootfs: rootfs}}
		if l.Module != nil {
			p.Module = l.Module.Dir
		}
		packages[i] = p
		if len(l.TestGoFiles)+len(l.XTestGoFiles) == 0 {
			continue
		}
		p.Binary = filepath.Join(dir, t.arch.GOARCH(), fmt.Sprintf("%03d", i), filepath.Base(l.ImportPath)+".test")
		group.Go(func() error { return p.compile(ctx, flags, t) })
	}
	return packages, group.Wait()
}

// chdir returns the -C among the flags, which the go command wants first.
func chdir(flags []string) (first, rest []string) {
	for _, f := range flags {
		if strings.HasPrefix(f, "-C=") {
			first = []string{f}
		} else {
			rest = append(rest, f)
		}
	}
	return first, rest
}

func list(ctx context.Context, patterns []string, flags Flags, env []string) ([]listed, error) {
	all, err := goList[listed](ctx, patterns, flags, env, "-json=ImportPath,Dir,Module,TestGoFiles,XTestGoFiles,Error")
	if err != nil {
		return nil, err
	}
	var found []listed
	for _, l := range all {
		if l.Error != nil {
			return nil, errors.New(strings.TrimSpace(l.Error.Err))
		}
		found = append(found, l)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("no packages: %s", strings.Join(patterns, " "))
	}
	return found, nil
}

// goList returns what go list prints of packages.
func goList[T any](ctx context.Context, patterns []string, flags Flags, env []string, more ...string) ([]T, error) {
	first, rest := chdir(flags.Build)
	args := append(append([]string{"list"}, first...), more...)
	for _, f := range rest {
		if !strings.HasPrefix(f, "-cover") {
			args = append(args, f)
		}
	}
	out, err := goCommand(ctx, env, append(append(args, "--"), patterns...)...)
	if err != nil {
		return nil, err
	}
	var found []T
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var one T
		if err := d.Decode(&one); err == io.EOF {
			return found, nil
		} else if err != nil {
			return nil, fmt.Errorf("go list: %w", err)
		}
		found = append(found, one)
	}
}

// goCommand runs the go command for the machines' system with further variables, and ends its
// compilers and linkers with this process. The error is what it says.
func goCommand(ctx context.Context, env []string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Env = append(append(os.Environ(), "GOOS=linux"), env...)
	remove, err := leaseWork(cmd)
	if err != nil {
		return nil, err
	}
	defer remove()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err = child.Run(cmd)
	if errors.Is(err, exec.ErrNotFound) {
		return nil, errors.New("go is not in PATH: bpflab test compiles with it")
	}
	if err != nil && ctx.Err() == nil {
		return nil, errors.New(strings.TrimSpace(stderr.String()))
	}
	return stdout.Bytes(), err
}

// leaseWork gives a go command a working directory that the next bpflab removes if this
// one is killed.
func leaseWork(cmd *exec.Cmd) (remove func(), err error) {
	work, remove, err := lease.MkdirTemp(os.Getenv("GOTMPDIR"), lease.Prefix+"go-")
	if err != nil {
		return nil, err
	}
	cmd.Env = append(cmd.Environ(), "GOTMPDIR="+work)
	return remove, nil
}

func (p *Package) compile(ctx context.Context, flags Flags, t target) error {
	if err := os.MkdirAll(filepath.Dir(p.Binary), 0o755); err != nil {
		return err
	}
	first, rest := chdir(flags.Build)
	args := append(append([]string{"test"}, first...), "-c", "-o", p.Binary)
	if _, err := goCommand(ctx, t.env, append(append(args, rest...), p.Path)...); err != nil {
		return t.explain(err)
	}
	p.Made = filepath.Base(p.Binary) + " for " + string(t.arch) + " (" + strings.Join(append(slices.Clone(t.env), nonEmpty(t.note)...), ", ") + ")"
	if err := p.Files.Program(p.Binary); err != nil {
		return err
	}
	return Data(p.Files, p.Dir, p.Module)
}

// Data adds what tests of a package read beside their binary: the files of the
// package's directory, its module's go.mod, and every testdata directory of its
// module.
func Data(files *bundle.Files, dir, module string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Type().IsRegular() {
			if err := files.Add(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	for _, name := range []string{"go.mod", "go.sum"} {
		if err := files.Add(filepath.Join(module, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return filepath.WalkDir(module, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !d.IsDir():
			return nil
		case d.Name() == "testdata":
			if err := files.Add(path); err != nil {
				return err
			}
			return fs.SkipDir
		case path != module && (strings.HasPrefix(d.Name(), ".") || isModule(path)):
			return fs.SkipDir
		}
		return nil
	})
}

// isModule reports whether a directory is a module of its own.
func isModule(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

// ModuleOf returns the directory at or above dir that has a go.mod, else dir.
func ModuleOf(dir string) string {
	for at := dir; ; at = filepath.Dir(at) {
		if isModule(at) {
			return at
		}
		if at == filepath.Dir(at) {
			return dir
		}
	}
}
