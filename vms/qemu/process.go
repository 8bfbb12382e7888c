//go:build linux

package qemu

import (
	"os/exec"
	"runtime"
	"syscall"

	"github.com/bpflab/bpflab/vms/child"
)

// run starts QEMU and sees to its end. The kernel kills QEMU when the thread
// that started it ends, so that thread is kept until QEMU is gone; when this
// process dies, all its threads do. A process group of its own keeps the
// terminal's Ctrl-C away until we clean up.
func (m *machine) run() error {
	if isScript(m.cmd.Path) {
		return m.runScript()
	}
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	started := make(chan error)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := m.cmd.Start()
		started <- err
		if err != nil {
			return
		}
		m.finish(m.cmd.Wait())
	}()
	return <-started
}

// runScript starts a script in QEMU's place. QEMU is its child then, or its child's,
// and must die with it.
func (m *machine) runScript() error {
	wait, err := child.Begin(m.cmd, (*exec.Cmd).Start)
	if err != nil {
		return err
	}
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
