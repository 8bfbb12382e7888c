//go:build linux

package qemu

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/template"
	"github.com/bpflab/bpflab/vms/wire"
)

// template returns the saved one of the key, made now if there is none. Of several
// processes that want the same one makes it, and the others wait.
func (p *Provider) template(ctx context.Context, s spec, key, dir string) (*template.Template, error) {
	t, err := p.openTemplate(s, key)
	if t != nil || err != nil {
		return t, err
	}
	unlock, err := p.templates.Lock(ctx, key)
	if err != nil {
		return nil, err
	}
	defer unlock()
	t, err = p.openTemplate(s, key)
	if t != nil || err != nil {
		return t, err
	}
	if err := p.refusal(s); err != nil {
		return nil, err
	}
	if err := p.templates.CheckRoom(); err != nil {
		return nil, err
	}
	if err := p.makeTemplate(ctx, s, key, dir); err != nil {
		return nil, err
	}
	return p.templates.Open(key)
}

// openTemplate returns the saved template of the key, nil without an error if there
// is none.
func (p *Provider) openTemplate(s spec, key string) (*template.Template, error) {
	t, err := p.templates.Open(key)
	var damaged *cache.DamagedError
	switch {
	case errors.As(err, &damaged): // also one of which a file does not exist
		return nil, &damagedError{s.kernel.Release, err}
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	}
	return t, err
}

// makeTemplate boots a machine until its agent is ready for a snapshot, and saves it. The
// memory is anonymous meanwhile: a guest that writes to a file on a full disk
// would die of a bus error.
func (p *Provider) makeTemplate(ctx context.Context, s spec, key, dir string) error {
	if err := s.checkForkable(); err != nil {
		return err
	}
	memory, err := anonymousFile("bpflab-memory", s.memory)
	if err != nil {
		return err
	}
	defer memory.Close()
	state, err := anonymousFile("bpflab-state", 0)
	if err != nil {
		return err
	}
	defer state.Close()
	m, err := p.checked(ctx, s, func() (*machine, error) {
		return s.launch(ctx, templateArguments(s), filepath.Join(dir, templateLog), memory)
	})
	if err != nil {
		return err
	}
	defer m.Close()
	stop := context.AfterFunc(ctx, func() { m.Close() })
	defer stop()
	port, err := m.prepare(ctx)
	if err != nil {
		return err
	}
	if s.qemu.replaced() {
		return errReplaced
	}
	if err := m.saveGood(ctx, s, memory, state); err != nil {
		return err
	}
	m.Close()
	return p.templates.Save(ctx, key, aboutTemplate(s, port), memory, state)
}

// templateLog is the console of a boot that became a template; the consoles of
// its forks begin where it ends.
const templateLog = "template.log"

// anonymousFile returns a file in memory, which ends with its last descriptor.
func anonymousFile(name string, size int64) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memory for a template: %w", err)
	}
	f := os.NewFile(uintptr(fd), name)
	if err := f.Truncate(size); err != nil {
		f.Close()
		return nil, fmt.Errorf("memory for a template: %w", err)
	}
	return f, nil
}

// prepare waits until the agent has booted and is ready for a snapshot. It reports whether the
// agent then waits on the virtio port. The error is the machine's death where
// that is the cause.
func (m *machine) prepare(ctx context.Context) (port bool, err error) {
	boot, cancel := context.WithTimeoutCause(ctx, m.About.Limit(vms.BootTimeout), vms.ErrNoBoot)
	defer cancel()
	stream, err := wire.Prepare(boot, m.stream, m.port)
	if err == nil {
		return stream == m.port, nil
	}
	if boot.Err() != nil {
		return false, context.Cause(boot)
	}
	select {
	case <-m.Done():
		if m.Err() != nil {
			return false, m.Err()
		}
	case <-time.After(graceForDeath):
	}
	return false, err
}

// graceForDeath is how long a broken stream waits to learn that its machine
// died.
const graceForDeath = 2 * time.Second
