package probe

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// undisturbed runs f on a thread that takes no signals: the verifier gives up
// with EAGAIN where one is pending.
func undisturbed(f func()) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var all, before unix.Sigset_t
	for i := range all.Val {
		all.Val[i] = ^uint64(0)
	}
	if unix.PthreadSigmask(unix.SIG_SETMASK, &all, &before) == nil {
		defer unix.PthreadSigmask(unix.SIG_SETMASK, &before, nil)
	}
	f()
}
