package guest

import (
	"os"
	"os/exec"
	"os/signal"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// starter starts commands.
type starter interface {
	start(cmd *exec.Cmd) error
	ended(cmd *exec.Cmd)
}

// noReaper starts commands where somebody else is PID 1.
type noReaper struct{}

func (noReaper) start(cmd *exec.Cmd) error { return cmd.Start() }
func (noReaper) ended(*exec.Cmd)           {}

// reaper is PID 1's duty: it waits for orphans, and leaves the agent's own
// children, which package os/exec waits for, alone.
type reaper struct {
	mu    sync.Mutex
	own   map[int]bool
	later *time.Timer // looks for orphans again; nil if no command is in the way
}

// reapAgain is when orphans are looked for again that a command is in the way of, unless
// package os/exec has waited for the command before.
const reapAgain = 20 * time.Millisecond

func newReaper() *reaper {
	r := &reaper{own: map[int]bool{}}
	died := make(chan os.Signal, 1)
	signal.Notify(died, unix.SIGCHLD)
	go func() {
		for range died {
			r.reap()
		}
	}()
	return r
}

// start holds the lock so that the reaper never meets a child that is not
// noted yet.
func (r *reaper) start(cmd *exec.Cmd) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := cmd.Start()
	if err == nil {
		r.own[cmd.Process.Pid] = true
	}
	return err
}

// ended notes the end of a command, after cmd.Wait, and reaps the orphans that had to wait
// for that.
func (r *reaper) ended(cmd *exec.Cmd) {
	r.mu.Lock()
	if cmd.Process != nil {
		delete(r.own, cmd.Process.Pid)
	}
	again := r.later != nil && r.later.Stop()
	r.mu.Unlock()
	if again {
		r.reap()
	}
}

// reap waits for all orphans that have ended. The kernel names one dead child at a time: if that
// is a command, the others must wait until package os/exec has waited for it.
func (r *reaper) reap() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.later != nil {
		r.later.Stop()
		r.later = nil
	}
	for pid := deadChild(); pid != 0; pid = deadChild() {
		if r.own[pid] {
			r.later = time.AfterFunc(reapAgain, r.reap)
			return
		}
		unix.Wait4(pid, nil, unix.WNOHANG, nil)
	}
}

// siginfo is the part of siginfo_t that waitid(2) fills, on 64-bit Linux.
type siginfo struct {
	signo, errno, code, _ int32
	pid                   int32
	_                     [108]byte
}

// deadChild returns the pid of a child that has died and was not waited for, or 0.
func deadChild() int {
	var info siginfo
	_, _, errno := unix.Syscall6(unix.SYS_WAITID, unix.P_ALL, 0, uintptr(unsafe.Pointer(&info)),
		unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(info.pid)
}
