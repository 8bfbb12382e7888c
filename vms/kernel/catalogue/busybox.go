package catalogue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/busybox"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Busyboxes returns where a cache keeps the busyboxes of machines of other architectures.
func Busyboxes(root string) busybox.Dir { return busybox.Dir(filepath.Join(root, "busybox")) }

// Busybox returns the path of a static busybox for machines of an architecture: Debian's, which
// the lock file pins, else the one that was taken last, else the newest. What is in the cache
// needs no network.
func (c *Catalogue) Busybox(ctx context.Context, arch kernel.Arch) (string, error) {
	_, file, err := c.busybox(ctx, arch.OrDefault(), c.unpackedBusybox)
	return file, err
}

// busybox returns what Busybox describes, and the path that get makes of it.
func (c *Catalogue) busybox(ctx context.Context, arch kernel.Arch, get func(context.Context, kernel.Busybox) (string, error)) (b kernel.Busybox, path string, err error) {
	b, pinned := c.lock.Busybox(arch)
	if !pinned && c.locked {
		return b, "", noBusybox(arch, errors.New("the lock file pins none, which \"bpflab kernels lock\" does together with a kernel of that architecture; leave out --locked to take the newest"))
	}
	if !pinned {
		b = c.lastBusybox(arch)
	}
	err = kernel.ErrGone
	if b.Suite != "" {
		path, err = get(ctx, b)
	}
	if !errors.Is(err, kernel.ErrGone) || c.locked {
		return b, path, noBusybox(arch, err)
	}
	gone := b
	if b, err = c.newestBusybox(ctx, arch); err == nil {
		path, err = get(ctx, b)
	}
	if err == nil && pinned {
		c.progress.Note(fmt.Sprintf("pinned %s %s for %s has left its mirror, using %s", gone.File.Package, gone.File.Version, arch, b.File.Version))
	}
	if err == nil {
		err = c.keepBusybox(ctx, b)
	}
	return b, path, noBusybox(arch, err)
}

// noBusybox adds to an error what is missing, and what the user can do.
func noBusybox(arch kernel.Arch, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("no busybox for %s machines (Debian's package %s): %w", arch, kernel.BusyboxPackage, withHint(err, kernel.Debian))
}

// unpackedBusybox returns the program of a package, fetched and unpacked if need be.
func (c *Catalogue) unpackedBusybox(ctx context.Context, b kernel.Busybox) (string, error) {
	dir := Busyboxes(c.store.Root())
	if file, ok := dir.Kept(b.File.SHA256); ok {
		return file, nil
	}
	pkg, err := c.fetchBusybox(ctx, b)
	if err != nil {
		return "", err
	}
	return dir.Unpack(ctx, pkg, b.File.SHA256)
}

// fetchBusybox returns the path of a package, fetched if need be.
func (c *Catalogue) fetchBusybox(ctx context.Context, b kernel.Busybox) (string, error) {
	ref := b.Ref()
	source, err := c.sourceOf(ref)
	if err != nil {
		return "", err
	}
	paths, err := source.Fetch(ctx, ref)
	if err != nil {
		return "", err
	}
	return paths[0], nil
}

// busyboxSource is a source that has busyboxes: Debian.
type busyboxSource interface {
	Busybox(context.Context, kernel.Arch) (kernel.Busybox, error)
}

// newestBusybox asks the source.
func (c *Catalogue) newestBusybox(ctx context.Context, arch kernel.Arch) (kernel.Busybox, error) {
	found, _ := c.sources.named(kernel.Debian)
	source, ok := found.(busyboxSource)
	if !ok {
		return kernel.Busybox{}, errNoBusyboxes
	}
	return source.Busybox(ctx, arch)
}

// errNoBusyboxes is a catalogue without Debian.
var errNoBusyboxes = errors.New("no source has packages")

func busyboxState(arch kernel.Arch) string { return "busybox-" + string(arch) }

// lastBusybox returns what newestBusybox found when it was asked last; its Suite is "" where it
// never was, or where a damaged record says nothing.
func (c *Catalogue) lastBusybox(arch kernel.Arch) (last kernel.Busybox) {
	text, err := c.store.ReadState(busyboxState(arch))
	if err != nil || json.Unmarshal(text, &last) != nil || last.Check() != nil || last.Arch != arch {
		return kernel.Busybox{}
	}
	return last
}

func (c *Catalogue) keepBusybox(ctx context.Context, b kernel.Busybox) error {
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return c.store.WriteState(ctx, busyboxState(b.Arch), text)
}

// pinBusyboxes adds the newest busyboxes that machines with the pinned kernels need. Without
// an answer of Debian's, those that are pinned stay, and notes say why.
func (c *Catalogue) pinBusyboxes(ctx context.Context, lock *kernel.Lock) (notes []string, err error) {
	for _, arch := range lock.Foreign() {
		newest, err := c.newestBusybox(ctx, arch)
		_, pinned := lock.Busybox(arch)
		switch {
		case errors.Is(err, errNoBusyboxes):
		case pinned && errors.As(err, new(*kernel.UnavailableError)):
			notes = append(notes, err.Error())
		case err != nil:
			return notes, noBusybox(arch, err)
		default:
			*lock = lock.WithBusybox(newest)
		}
	}
	return notes, nil
}
