//go:build linux

package qemu

import (
	"runtime"
	"syscall"
)

// run starts QEMU and sees to its end. The kernel kills QEMU when the thread
// that started it ends, so that thread is kept until QEMU is gone; when this
// process dies, all its threads do. A process group of its own keeps the
// terminal's Ctrl-C away until we clean up.
func (m *machine) run() error {
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

// finish takes what the ended process left and marks the machine as gone.
func (m *machine) finish(wait error) {
	m.console.Wait()
	<-m.opened
	if m.control != nil {
		<-m.control.gone
		m.control.close()
	}
	m.Ended(whyEnded(m.shutdown, wait, m.stderr.String(), m.console.Tail()))
	m.Gone(nil)
}
