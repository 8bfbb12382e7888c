package probe

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"

	"golang.org/x/sys/unix"
)

const unprivSysctl = "/proc/sys/kernel/unprivileged_bpf_disabled"

// allowUsers enables unprivileged bpf(2), which distributions disable. Before 5.13 the
// setting could only be changed to disabled, and a setting of 1 can never be changed.
func allowUsers() error {
	if UsersAllowed() {
		return nil
	}
	if err := os.WriteFile(unprivSysctl, []byte("0"), 0); err != nil {
		return fmt.Errorf("allow unprivileged bpf in this machine: %w", err)
	}
	return nil
}

// UsersAllowed reports whether the kernel takes programs from ordinary users.
// Before 4.4 there was no switch, and it took them.
func UsersAllowed() bool {
	now, err := os.ReadFile(unprivSysctl)
	return errors.Is(err, os.ErrNotExist) || strings.TrimSpace(string(now)) == "0"
}

const nobody = 65534

// asUser runs f on a thread that is nobody without capabilities. The thread
// is never unlocked, so the runtime destroys it afterwards. The raw system
// call changes the one thread, where unix.Setresuid would change all.
func asUser(f func() Result) (Result, error) {
	type answer struct {
		res Result
		err error
	}
	ch := make(chan answer)
	go func() {
		runtime.LockOSThread()
		_, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, nobody, nobody, nobody)
		if errno != 0 {
			ch <- answer{err: fmt.Errorf("become an ordinary user: %w", errno)}
			return
		}
		var res Result
		undisturbed(func() { res = f() })
		ch <- answer{res: res}
	}()
	a := <-ch
	return a.res, a.err
}
