package probe

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Result is the kernel's answer to one program.
type Result struct {
	Accepted bool
	Errno    string // "E2BIG"; empty if accepted
	Log      string // the verifier's, at most LogTail bytes from its end
	Insns    int    // processed, as the log says; 0 where it does not
	Seconds  float64
}

// LogTail is how much of a verifier log is kept, in bytes.
const LogTail = 4 << 10

const logSize = 1 << 16

// progAttr is the part of union bpf_attr that BPF_PROG_LOAD has read since
// Linux 4.1 (include/uapi/linux/bpf.h).
type progAttr struct {
	progType    uint32
	insnCnt     uint32
	insns       uint64
	license     uint64
	logLevel    uint32
	logSize     uint32
	logBuf      uint64
	kernVersion uint32
	progFlags   uint32
}

// Load loads raw instructions as a socket filter, the one type that an
// unprivileged user may load, and closes the program at once. The first try
// is without a log, so that a log that grows too large cannot fail it; a
// rejected program is tried again for its log.
//
// EAGAIN (a signal came while the verifier ran) is tried again; it is never a
// result. The error is non-nil only when the kernel could not be asked.
func Load(insns []byte, user bool) (Result, error) {
	if err := LiftMemlock(); err != nil {
		return Result{}, err
	}
	if !user {
		return load(insns), nil
	}
	if err := allowUsers(); err != nil {
		return Result{}, err
	}
	return asUser(func() Result { return load(insns) })
}

func load(insns []byte) Result {
	began := time.Now()
	errno := try(insns, nil, 0)
	res := Result{Accepted: errno == 0, Seconds: time.Since(began).Seconds()}
	if errno == 0 {
		return res
	}
	res.Errno = unix.ErrnoName(errno)
	log := make([]byte, logSize)
	try(insns, log, 1)
	res.Log, res.Insns = tail(log), Processed(string(log))
	return res
}

func try(insns, log []byte, level uint32) unix.Errno {
	license := []byte("GPL\x00")
	attr := progAttr{
		progType: unix.BPF_PROG_TYPE_SOCKET_FILTER,
		insnCnt:  uint32(len(insns) / insnSize),
		insns:    uint64(uintptr(unsafe.Pointer(&insns[0]))),
		license:  uint64(uintptr(unsafe.Pointer(&license[0]))),
	}
	if log != nil {
		attr.logLevel, attr.logSize, attr.logBuf = level, uint32(len(log)), uint64(uintptr(unsafe.Pointer(&log[0])))
	}
	var fd uintptr
	errno := unix.EAGAIN
	for tries := 0; errno == unix.EAGAIN && tries < 10; tries++ {
		fd, _, errno = unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	}
	runtime.KeepAlive(insns)
	runtime.KeepAlive(license)
	runtime.KeepAlive(log)
	if errno == 0 {
		unix.Close(int(fd))
	}
	return errno
}

func tail(log []byte) string {
	text, _, _ := bytes.Cut(log, []byte{0})
	return string(text[max(0, len(text)-LogTail):])
}

const unprivSysctl = "/proc/sys/kernel/unprivileged_bpf_disabled"

// allowUsers switches unprivileged bpf(2) on; distributions switch it off.
// Before 5.13 the switch could only be turned the other way, and it never
// turns back from 1.
func allowUsers() error {
	if UsersAllowed() {
		return nil
	}
	if err := os.WriteFile(unprivSysctl, []byte("0"), 0); err != nil {
		return fmt.Errorf("allow unprivileged bpf in this machine: %w", err)
	}
	return nil
}

// UsersAllowed says whether the kernel takes programs from ordinary users.
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
		ch <- answer{res: f()}
	}()
	a := <-ch
	return a.res, a.err
}
