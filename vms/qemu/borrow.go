//go:build linux

package qemu

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/console"
	"github.com/bpflab/bpflab/vms/standby"
)

// borrow returns a machine that waits in a standby, nil if there is none or it is no good.
func (p *Provider) borrow(s spec, want vms.Spec) *machine {
	if p.options.Standby == nil || want.Own || p.cannotFork(templateKey(s)) {
		return nil
	}
	w, err := wanted(s, want)
	if err != nil {
		return nil
	}
	loan := p.options.Standby.Take(w)
	if loan == nil {
		return nil
	}
	m, err := adopt(loan, filepath.Join(want.Dir, consoleLog), s.slowness)
	if err != nil {
		loan.Return()
		return nil
	}
	return m
}

// Wanted returns how a standby is asked for a machine.
func (p *Provider) Wanted(ctx context.Context, want vms.Spec) (standby.Wanted, error) {
	s, _, err := p.spec(ctx, want)
	if err != nil {
		return standby.Wanted{}, err
	}
	return wanted(s, want)
}

func wanted(s spec, want vms.Spec) (standby.Wanted, error) {
	want.Dir, want.Alike = "", 0 // the borrower's
	text, err := json.Marshal(want)
	return standby.Wanted{Key: standbyKey(s), Name: want.Kernel.Series + " (" + want.Kernel.Release + ")", Spec: text}, err
}

// adopt makes a machine of a loan. The loan stays the caller's if there is an error.
func adopt(loan *standby.Loan, log string, slowness float64) (m *machine, err error) {
	defer func() {
		if err != nil {
			closeFiles(loan.Files)
		}
	}()
	var about lent
	if err := json.Unmarshal(loan.About, &about); err != nil {
		return nil, err
	}
	if len(loan.Files) != lentFiles {
		return nil, fmt.Errorf("%d files came with a lent machine, not %d", len(loan.Files), lentFiles)
	}
	process, err := os.FindProcess(about.PID)
	if err != nil {
		return nil, err
	}
	if hasEnded(loan.Files[lentProcess], 0) { // else process is QEMU, and no other that has its number by now
		return nil, errors.New("a lent machine has ended already")
	}
	conns, err := connections(loan.Files[lentStream:])
	if err != nil {
		return nil, err
	}
	m = &machine{process: process, end: func() { process.Kill() }, parent: &parent{port: about.Port, drop: func() {}}, stream: conns[0], port: conns[1]}
	m.Base = vms.NewBase(vms.Info{Console: log, StartKind: "standby", Started: about.Started, Slowness: slowness}, m.kill)
	if m.console, err = console.Keep(conns[2], log); err != nil {
		m.hangUp()
		return nil, err
	}
	closeFiles(loan.Files[lentStream:])
	go m.finishLoan(loan)
	return m, nil
}

// connections makes connections of the machine's streams.
func connections(files []*os.File) (out []net.Conn, err error) {
	for _, f := range files {
		conn, err := net.FileConn(f)
		if err != nil {
			for _, c := range out {
				c.Close()
			}
			return nil, err
		}
		out = append(out, conn)
	}
	return out, nil
}

// hasEnded waits so many milliseconds, or for ever if that is -1, for the end of a process
// and reports whether it has ended.
func hasEnded(pidfd *os.File, milliseconds int) bool {
	for {
		n, err := unix.Poll([]unix.PollFd{{Fd: int32(pidfd.Fd()), Events: unix.POLLIN}}, milliseconds)
		if err != unix.EINTR {
			return n > 0
		}
	}
}

// wordsLimit is how long to wait for how a machine has ended, which only its parent knows.
const wordsLimit = time.Second

// finishLoan sees to the end of a lent machine. The end of the standby is that of the
// machine, too.
func (m *machine) finishLoan(loan *standby.Loan) {
	said := make(chan words, 1)
	go func() {
		var w words
		text, err := loan.Words()
		if err != nil || json.Unmarshal(text, &w) != nil {
			m.end()
			w.Exit = "the standby that had lent the machine has ended"
		}
		said <- w
	}()
	hasEnded(loan.Files[lentProcess], -1)
	tail := m.consoleEnd()
	w := words{Exit: "killed"}
	if !m.IsClosing() {
		select {
		case w = <-said:
		case <-time.After(wordsLimit):
		}
	}
	loan.Return()
	loan.Files[lentProcess].Close()
	m.hangUp()
	m.Ended(whyEnded(w.Shutdown, w.exit(), w.Stderr, tail))
	m.Gone(nil)
}

// exit returns how the process ended as an error, nil if it ended by itself.
func (w words) exit() error {
	if w.Exit == "" {
		return nil
	}
	return errors.New(w.Exit)
}
