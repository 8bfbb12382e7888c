package build

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Confinable returns why this machine cannot confine a compiler, nil if it can: Linux does
// so with Landlock, from 5.13 on (Documentation/userspace-api/landlock.rst).
func Confinable() error {
	_, err := landlockVersion()
	if err != nil {
		return fmt.Errorf("this kernel has no Landlock, or it is switched off: %w", err)
	}
	return nil
}

func landlockVersion() (int, error) {
	v, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, unix.LANDLOCK_CREATE_RULESET_VERSION)
	if errno != 0 {
		return 0, errno
	}
	return int(v), nil
}

// What a compiler may do with the files it needs, and with its own directory. The rights
// are those of Landlock's first version; elsewhere it has none of the rights that the
// kernel's version knows.
const (
	mayRead = unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_READ_DIR
	mayAll  = unix.LANDLOCK_ACCESS_FS_MAKE_SYM<<1 - 1
)

// startConfined starts a command that can read the toolchain and the headers, and write
// below dir, and can open nothing else of the file system. What exists it can still learn:
// Landlock does not restrict stat(2).
//
// Landlock binds a thread and the processes that it starts. So the command gets a thread
// of its own, which ends with this call.
func startConfined(cmd *exec.Cmd, tools toolchain, headers []string, dir string) error {
	result := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		err := confine(slices.Concat(tools.files, headers), dir)
		if err == nil {
			err = cmd.Start()
		}
		result <- err
	}()
	return <-result
}

// confine denies this thread the whole file system, except the given paths.
func confine(read []string, write string) error {
	attr := unix.LandlockRulesetAttr{Handled_access_fs: mayAll}
	rules, _, errno := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr.Handled_access_fs), 0)
	if errno != 0 {
		return fmt.Errorf("confine the compiler with Landlock: %w", errno)
	}
	defer unix.Close(int(rules))
	for _, path := range read {
		if err := allow(int(rules), path, mayRead); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
	}
	for _, path := range []string{write, os.DevNull} {
		if err := allow(int(rules), path, mayAll); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("confine the compiler with Landlock: %w", err)
	}
	if _, _, errno := unix.Syscall(unix.SYS_LANDLOCK_RESTRICT_SELF, rules, 0, 0); errno != 0 {
		return fmt.Errorf("confine the compiler with Landlock: %w", errno)
	}
	return nil
}

// allow adds a rule for all below a path.
func allow(rules int, path string, access uint64) error {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return &os.PathError{Op: "Landlock", Path: path, Err: err}
	}
	defer unix.Close(fd)
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err == nil && stat.Mode&unix.S_IFMT != unix.S_IFDIR {
		access &= unix.LANDLOCK_ACCESS_FS_EXECUTE | unix.LANDLOCK_ACCESS_FS_READ_FILE | unix.LANDLOCK_ACCESS_FS_WRITE_FILE
	}
	attr := unix.LandlockPathBeneathAttr{Allowed_access: access, Parent_fd: int32(fd)}
	if _, _, errno := unix.Syscall6(unix.SYS_LANDLOCK_ADD_RULE, uintptr(rules), unix.LANDLOCK_RULE_PATH_BENEATH, uintptr(unsafe.Pointer(&attr)), 0, 0, 0); errno != 0 {
		return &os.PathError{Op: "Landlock", Path: path, Err: errno}
	}
	return nil
}
