//go:build linux

package qemu

import (
	"context"
	"io"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"github.com/bpflab/bpflab/vms/child"
	"github.com/bpflab/bpflab/vms/forkserver"
)

// run starts QEMU, with files from descriptor 3 on, and sees to its end.
func (m *machine) run(s spec, args []string, files []*os.File) error {
	if server := s.starter.forkServer(); server != nil {
		err := m.runCopy(server, append([]string{s.qemu.path}, args...), files)
		if err == nil {
			return nil
		}
		s.starter.giveUp(err)
	}
	running, end := context.WithCancel(context.Background())
	m.end = end
	cmd := exec.CommandContext(running, s.qemu.path, args...)
	cmd.Env = environment(s.frugal)
	cmd.ExtraFiles = files
	cmd.Stderr = &m.stderr
	start := m.runNew
	if isScript(s.qemu.path) {
		start = m.runScript
	}
	err := start(cmd)
	if err != nil {
		end()
	}
	return err
}

// runCopy starts QEMU as a copy of a process that a fork server holds.
func (m *machine) runCopy(server *forkserver.Server, args []string, files []*os.File) error {
	said, stderr, err := os.Pipe()
	if err != nil {
		return err
	}
	p, err := server.Start(args, files, stderr)
	stderr.Close()
	if err != nil {
		said.Close()
		return err
	}
	m.attend(p, said)
	return nil
}

// attend sees to the end of a process, whose standard error is a pipe.
func (m *machine) attend(p *forkserver.Process, said *os.File) {
	m.copy, m.process, m.end = p, p.Process, func() { p.Kill() }
	go func() {
		io.Copy(&m.stderr, said)
		said.Close()
		m.finish(p.Wait())
	}()
}

// runNew starts QEMU by execve(2). The kernel kills QEMU when the thread
// that started it ends, so that thread is kept until QEMU is gone; when this
// process dies, all its threads do. A process group of its own keeps the
// terminal's Ctrl-C away until we clean up.
func (m *machine) runNew(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		m.process = cmd.Process
		started <- err
		if err != nil {
			return
		}
		m.finish(cmd.Wait())
	}()
	return <-started
}

// runScript starts a script in QEMU's place. QEMU is its child then, or its child's,
// and must die with it.
func (m *machine) runScript(cmd *exec.Cmd) error {
	wait, err := child.Begin(cmd, (*exec.Cmd).Start)
	if err != nil {
		return err
	}
	m.process = cmd.Process
	go func() { m.finish(wait()) }()
	return nil
}

// finish takes what the ended process left and marks the machine as gone.
func (m *machine) finish(wait error) {
	tail := m.consoleEnd()
	<-m.opened
	if m.control != nil {
		<-m.control.gone
		m.control.close()
	}
	m.exit = wait
	m.Ended(whyEnded(m.shutdown, wait, m.stderr.String(), tail))
	m.hangUp()
	m.Gone(nil)
}
