//go:build linux

package qemu

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/forkserver"
	"github.com/bpflab/bpflab/vms/wire"
)

// A fork of a template begins with a QEMU that has all the guest's code still to translate,
// which is most of what a lab costs under emulation. Where many machines are alike, one
// fork is rehearsed and stopped, guest and QEMU, and the others are copies of its process
// with all that QEMU has translated. It has no identity, as a template has none.

// zygote is a machine whose QEMU is copied, or will be.
type zygote struct {
	asked  int                // machines like it that were wanted so far
	barred bool               // it is being made, or cannot be
	used   time.Time          // when one was wanted last
	frozen *forkserver.Zygote // nil until it was made
	m      *machine           // which is frozen
}

// zygotes are those of one provider.
type zygotes struct {
	most int // that are kept

	mu sync.Mutex
	of map[string]*zygote // by standbyKey
}

const (
	// worthwhile is how many machines in all must be alike for a zygote to be made, which takes
	// what one or two of them do.
	worthwhile = 4
	// mostZygotes is how many are kept, each of which holds some 80 MB, and no more than an
	// eighth of the host's memory.
	mostZygotes   = 8
	zygoteMemory  = 80 << 20
	partOfMemory  = 8
	rehearseLimit = 20 * time.Second
)

// copyOfZygote returns a machine that is copied from a zygote, which it makes if that is
// worthwhile; nil where there is none.
func (p *Provider) copyOfZygote(ctx context.Context, s spec, alike int, dir string) *machine {
	if p.options.Rehearse == nil || !strings.HasPrefix(s.accel, TCG) {
		return nil
	}
	key := standbyKey(s)
	frozen, from, due := p.zygotes.take(key, alike)
	if due {
		var err error
		if frozen, from, err = p.makeZygote(ctx, s); err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				p.zygotes.allow(key)
			}
			return nil
		}
		p.zygotes.put(key, frozen, from)
	}
	if frozen == nil {
		return nil
	}
	m, err := s.copyFrozen(ctx, frozen, filepath.Join(dir, consoleLog))
	if err != nil {
		p.zygotes.drop(key)
		return nil
	}
	m.About.StartKind = "fork"
	m.parent = &parent{port: from.parent.port, copied: true, drop: func() {
		p.zygotes.drop(key)
		p.templates.Drop(templateKey(s))
	}}
	return m
}

// take returns the zygote of a key. due means that the caller should make it now.
func (z *zygotes) take(key string, alike int) (frozen *forkserver.Zygote, from *machine, due bool) {
	z.mu.Lock()
	defer z.mu.Unlock()
	one := z.of[key]
	if one == nil {
		one = &zygote{}
		z.of[key] = one
	}
	one.asked++
	one.used = time.Now()
	if one.frozen == nil && !one.barred && one.asked+alike >= worthwhile {
		one.barred, due = true, true
	}
	return one.frozen, one.m, due
}

// allow lets a zygote be made that could not be made for want of a template.
func (z *zygotes) allow(key string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.of[key].barred = false
}

// put keeps a new zygote, in place of one that was used less lately if there are too many.
func (z *zygotes) put(key string, frozen *forkserver.Zygote, from *machine) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.of[key].frozen, z.of[key].m = frozen, from
	var kept []*zygote
	for _, one := range z.of {
		if one.frozen != nil {
			kept = append(kept, one)
		}
	}
	slices.SortFunc(kept, func(a, b *zygote) int { return b.used.Compare(a.used) })
	for _, one := range kept[min(z.most, len(kept)):] {
		one.close()
	}
}

// howManyZygotes returns how many this host keeps.
func howManyZygotes() int {
	return max(1, min(mostZygotes, int(vms.HostMemory()/partOfMemory/zygoteMemory)))
}

// drop ends a zygote that is no good.
func (z *zygotes) drop(key string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	if one := z.of[key]; one != nil {
		one.close()
		one.barred = true
	}
}

// end ends all.
func (z *zygotes) end() {
	z.mu.Lock()
	defer z.mu.Unlock()
	for _, one := range z.of {
		one.close()
		one.barred = true
	}
}

// close ends the machine. It may be made again.
func (one *zygote) close() {
	if one.frozen == nil {
		return
	}
	one.frozen.Close()
	one.m.Close()
	one.frozen, one.m, one.barred = nil, nil, false
}

// makeZygote forks a machine, rehearses it, and stops it and its QEMU. The error is
// fs.ErrNotExist where there is no template yet.
func (p *Provider) makeZygote(ctx context.Context, s spec) (*forkserver.Zygote, *machine, error) {
	t, err := p.openTemplate(s, templateKey(s))
	if t == nil {
		return nil, nil, cmp.Or(err, fs.ErrNotExist)
	}
	defer t.Close()
	m, err := p.copyOf(ctx, s, t, "")
	if err != nil {
		return nil, nil, err
	}
	m.parent = &parent{port: t.About.Port, drop: func() {}}
	frozen, err := m.freeze(ctx, p.options.Rehearse)
	if err != nil {
		m.Close()
		return nil, nil, err
	}
	return frozen, m, nil
}

// freeze rehearses a fork and makes a zygote of its QEMU.
func (m *machine) freeze(ctx context.Context, rehearse func(context.Context, *wire.Client) error) (*forkserver.Zygote, error) {
	if m.copy == nil {
		return nil, forkserver.ErrUnsupported
	}
	ctx, cancel := context.WithTimeoutCause(ctx, m.About.Limit(rehearseLimit), vms.ErrNoBoot)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { m.Close() })
	defer stop()
	if err := m.rest(ctx, wire.Resume{Rehearse: true}, rehearse); err != nil {
		return nil, err
	}
	for {
		files, err := m.control.conn.(*net.UnixConn).File()
		if err != nil {
			return nil, err
		}
		frozen, err := m.copy.Freeze(fdControl, files)
		if err == nil {
			return frozen, nil
		}
		files.Close()
		if !errors.Is(err, forkserver.ErrBusy) {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(busyPause):
		}
	}
}

// busyPause is how long to wait for a QEMU whose threads are at work, which have nothing
// more to do.
const busyPause = 2 * time.Millisecond

// copyFrozen starts a machine whose QEMU goes on where a zygote's was stopped.
func (s spec) copyFrozen(ctx context.Context, frozen *forkserver.Zygote, log string) (*machine, error) {
	m, control, err := s.begin(log, func(m *machine, guest []*os.File) error { return m.runFrozen(frozen, guest) })
	if err != nil {
		return nil, err
	}
	m.control = continueControl(control, m.heard)
	close(m.opened)
	if err := m.startProcessors(ctx); err != nil {
		m.Close()
		return nil, err
	}
	return m, nil
}

// standardError is its descriptor in QEMU, whatever os.Stderr is here: go test -json has that
// on the standard output.
const standardError = 2

// runFrozen starts the process.
func (m *machine) runFrozen(frozen *forkserver.Zygote, guest []*os.File) error {
	said, stderr, err := os.Pipe()
	if err != nil {
		return err
	}
	files := map[int]*os.File{standardError: stderr}
	for i, f := range guest {
		files[fdConsole+i] = f
	}
	p, err := frozen.Copy(files)
	stderr.Close()
	if err != nil {
		said.Close()
		return err
	}
	m.attend(p, said)
	return nil
}

// startProcessors starts the processors, which a zygote's machine had stopped.
func (m *machine) startProcessors(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, m.About.Limit(resumeLimit), errNotResumed)
	defer cancel()
	if err := m.control.execute(ctx, "cont", nil, nil); err != nil {
		return fmt.Errorf("a copy of QEMU: %w", m.inItsWords(err))
	}
	return nil
}
