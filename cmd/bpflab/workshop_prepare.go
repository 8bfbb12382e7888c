package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/workshop/web"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// prepareFlags are the flags of `bpflab workshop prepare`.
type prepareFlags struct {
	kernels []string
	origin  kernelOrigin
	locked  bool
	labs    string
}

func newWorkshopPrepareCmd() *cobra.Command {
	var f prepareFlags
	cmd := &cobra.Command{
		Use:   "prepare DIRECTORY",
		Short: "Put all that a workshop needs into a directory, for a room without a network",
		Long: `Put into a directory, such as a USB stick: the kernels' packages, this bpflab with the
course and the page, your own labs (--labs), and the labs' programs compiled. Then

  DIRECTORY/bpflab workshop --from DIRECTORY --serve 0.0.0.0:8080 --class NAME

needs no network. The other computer needs QEMU and clang; README.txt in the directory has
the command that installs them. Nothing is used that is missing or was changed since.`,
		Example: `  bpflab workshop prepare /media/usb
  bpflab workshop prepare /media/usb --kernel 6.1,5.10 --labs ours`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.do(cmd.Context(), streamsOf(cmd), args[0])
		},
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.kernels, "kernel", []string{"latest", "default"}, "kernels: the first is the students', the others are for comparison")
	flags.StringVar(&f.labs, "labs", "", "`DIRECTORY` of labs of your own, with its course.yaml")
	f.origin.define(flags)
	flags.BoolVar(&f.locked, "locked", false, "fail if a pinned kernel is no longer available")
	return cmd
}

func (f *prepareFlags) do(ctx context.Context, std streams, dir string) error {
	if err := web.HasPage(); err != nil {
		return err
	}
	if within, err := isInside(f.labs, dir); err != nil || within && f.labs != "" {
		return errors.Join(err, usageError{fmt.Errorf("--labs %s is inside %s: keep your labs elsewhere, and they are copied", f.labs, dir)})
	}
	if err := clearStick(dir); err != nil {
		return err
	}
	selectors, err := f.saveKernels(ctx, std, dir)
	if err != nil {
		return err
	}
	if err := f.copyLabs(dir); err != nil {
		return err
	}
	if err := f.compile(ctx, std, dir); err != nil {
		return err
	}
	if err := copyProgram(filepath.Join(dir, stickProgram)); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, stickReadme), []byte(stickText), 0o644); err != nil {
		return err
	}
	if err := writeStick(dir, selectors); err != nil {
		return err
	}
	fmt.Fprintf(std.out, "\n%[1]s is ready:\n\n  %[1]s/%[2]s workshop --from %[1]s --serve 0.0.0.0:8080 --class NAME\n", dir, stickProgram)
	return nil
}

// isInside reports whether a path is a directory or in it.
func isInside(path, dir string) (bool, error) {
	inner, err := filepath.Abs(path)
	if err != nil {
		return false, err
	}
	outer, err := filepath.Abs(dir)
	if err != nil {
		return false, err
	}
	rel, err := filepath.Rel(outer, inner)
	return err == nil && filepath.IsLocal(rel), nil
}

// saveKernels saves the kernels' packages, and returns the selectors by which the
// directory's lock file has them.
func (f *prepareFlags) saveKernels(ctx context.Context, std streams, dir string) ([]string, error) {
	c, err := openCatalogue(std.downloads(), f.origin, f.locked)
	if err != nil {
		return nil, err
	}
	if _, err := c.Save(ctx, f.kernels, dir); err != nil {
		return nil, kernelError(err)
	}
	return f.selectors(ctx, std, dir)
}

// selectors resolves the kernels once more, through the directory's own lock file. Each
// must be found there.
func (f *prepareFlags) selectors(ctx context.Context, std streams, dir string) ([]string, error) {
	text, err := catalogue.Saved(dir)
	if err != nil {
		return nil, err
	}
	saved, err := openCatalogueWith(std.downloads(), text, kernelOrigin{from: dir}, true)
	if err != nil {
		return nil, err
	}
	kernels := newWorkshopKernels()
	for _, selector := range f.kernels {
		refs, err := saved.Resolve(ctx, []string{selector})
		if err != nil {
			return nil, kernelError(err)
		}
		for _, ref := range refs {
			kernels.addRef(saved, ref)
			fmt.Fprintf(std.out, "kernel %s\t%s\t%s\n", ref.Label(), ref.Release, size(ref.Size()))
		}
	}
	return kernels.Names(), needSome(len(kernels.Names()), "kernels", "--kernel names none")
}

// copyLabs copies the user's own labs.
func (f *prepareFlags) copyLabs(dir string) error {
	if f.labs == "" {
		return nil
	}
	return os.CopyFS(filepath.Join(dir, stickLabs), os.DirFS(f.labs))
}

// compile compiles the labs' programs into the directory. A lab of the user's own with a
// mistake is an error: now there is time to correct it.
func (f *prepareFlags) compile(ctx context.Context, std streams, dir string) error {
	builder := build.New(build.Options{Cache: filepath.Join(dir, stickObjects)})
	var wrong []string
	own := &ownLabs{builder: builder, notes: func(text string) { wrong = append(wrong, text) }}
	if f.labs != "" {
		own.dir = filepath.Join(dir, stickLabs)
	}
	lessons, err := own.lessons(ctx)
	if err != nil {
		return err
	}
	if wrong != nil {
		return usageError{errors.New(strings.Join(wrong, "\n"))}
	}
	for _, l := range lessons {
		if err := l.Precompile(ctx, builder); err != nil {
			return err
		}
	}
	fmt.Fprintf(std.out, "%s, compiled\n", labCount(len(lessons)))
	return os.RemoveAll(filepath.Join(dir, stickObjects, "locks"))
}

// copyProgram copies this bpflab.
func copyProgram(to string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	text, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	os.Remove(to) // it may be running
	return os.WriteFile(to, text, 0o755)
}

// stickText is the README.txt of a prepared directory.
const stickText = `A workshop of bpflab, prepared for a room without a network.

The computer that serves it runs Linux and needs QEMU and clang:

  sudo apt install qemu-system-x86 clang libbpf-dev

Then, in this directory:

  ./bpflab doctor
  ./bpflab workshop --from . --serve 0.0.0.0:8080 --class NAME

Students need a browser. If the stick is mounted without the right to execute, copy bpflab
from it to the disk. Start the class once beforehand: the kernels are then unpacked and
booted, and the first student does not wait for that.
`
