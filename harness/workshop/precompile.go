package workshop

import (
	"context"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/run"
	"github.com/bpflab/bpflab/vms/kernel"
)

// source returns a C file of the lab for a compiler: the student's with a text, any other
// as it is.
func (l *Lesson) source(name string, code []byte) build.Source {
	tree := l.Tree
	if name == l.Program {
		tree.FS = overlay{l.Tree.FS, l.place(name), code}
	}
	return run.Source(l.Lab, tree, name)
}

// Precompile compiles the lab's starter and solution as the checks of a student do who has
// them in the C file, and the lab's other C files, for the builder's cache.
func (l *Lesson) Precompile(ctx context.Context, b run.Builder) error {
	for _, name := range run.Programs(l.Lab) {
		if name == l.Target {
			if _, err := run.Compile(ctx, b, l.Lab, l.Tree, name, kernel.HostArch()); err != nil {
				return err
			}
			continue
		}
		for _, text := range [][]byte{l.Starter, l.Solution} {
			if _, err := b.Object(ctx, l.source(name, text)); err != nil {
				return err
			}
		}
	}
	return nil
}
