//go:build linux

package qemu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// A machine's state leaves QEMU and comes back through a pipe: every QEMU from 6.2 to
// 11.1 takes one at both ends. A file behind "fd:" is refused since 11 and "file:" is
// unknown before 8.2; neither is faster (see docs/qemu.md).

// saveLimit is how long QEMU may take to write a machine's state. It needs
// some milliseconds.
const saveLimit = 20 * time.Second

var errNotSaved = errors.New("QEMU did not write the machine's state in time")

// save writes the state of all but the memory to a file. The machine stands
// still then, for good.
func (m *machine) save(ctx context.Context, state *os.File) error {
	ctx, cancel := context.WithTimeoutCause(ctx, m.About.Limit(saveLimit), errNotSaved)
	defer cancel()
	from, to, err := os.Pipe()
	if err != nil {
		return err
	}
	defer from.Close()
	copied := make(chan error, 1)
	go func() {
		_, err := io.Copy(state, from)
		copied <- err
	}()
	err = m.sendState(ctx, to)
	to.Close() // QEMU's copy of it ends with the migration
	if err == nil {
		err = m.saved(ctx)
	}
	if err != nil {
		return err
	}
	select {
	case err := <-copied:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// sendState makes QEMU begin to write its state to a pipe.
func (m *machine) sendState(ctx context.Context, to *os.File) error {
	if err := m.ignoreShared(ctx); err != nil {
		return err
	}
	if err := m.control.give(ctx, "state", to); err != nil {
		return err
	}
	return m.control.execute(ctx, "migrate", map[string]string{"uri": "fd:state"}, nil)
}

// saved waits until QEMU has written its state.
func (m *machine) saved(ctx context.Context) error {
	for {
		select {
		case status := <-m.migrated:
			switch status {
			case "completed":
				return nil
			case "failed":
				return m.whyNotSaved(ctx)
			}
		case <-m.Done():
			return errControlGone
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// whyNotSaved returns the reason QEMU gives for a migration that failed.
func (m *machine) whyNotSaved(ctx context.Context) error {
	var info struct {
		Reason string `json:"error-desc"`
	}
	if m.control.execute(ctx, "query-migrate", nil, &info) != nil || info.Reason == "" {
		info.Reason = "QEMU could not write the machine's state"
	}
	return &commandError{Class: "MigrationFailed", Text: info.Reason}
}

// statePipe returns the end to read from of a pipe that a saved state is written to.
// The writing ends when the reader does.
func statePipe(state *os.File) (*os.File, error) {
	info, err := state.Stat()
	if err != nil {
		return nil, err
	}
	from, to, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	// The state at one go, if the system gives a user so much.
	unix.FcntlInt(to.Fd(), unix.F_SETPIPE_SZ, int(info.Size()))
	go func() {
		defer to.Close()
		io.Copy(to, io.NewSectionReader(state, 0, info.Size()))
	}()
	return from, nil
}

// resumeLimit is how long a fork may take to run. It needs some tens of
// milliseconds.
const resumeLimit = 20 * time.Second

var errNotResumed = errors.New("QEMU did not take its state in time")

// resume gives a machine the state of its template, and waits until it runs.
// The error of a state that QEMU does not take is what QEMU says.
func (m *machine) resume(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, m.About.Limit(resumeLimit), errNotResumed)
	defer cancel()
	err := m.ignoreShared(ctx)
	if err == nil {
		err = m.control.execute(ctx, "migrate-incoming", map[string]string{"uri": fmt.Sprintf("fd:%d", fdState)}, nil)
	}
	if err != nil {
		return m.inItsWords(err)
	}
	select {
	case <-m.resumed:
		return nil
	case <-m.Done():
		return m.inItsWords(m.Err())
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ignoreShared leaves memory that is in a file out of the state, at both ends.
func (m *machine) ignoreShared(ctx context.Context) error {
	type capability struct {
		Name string `json:"capability"`
		On   bool   `json:"state"`
	}
	return m.control.execute(ctx, "migrate-set-capabilities", map[string]any{
		"capabilities": []capability{{"x-ignore-shared", true}, {"events", true}}}, nil)
}
