package logstream

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Load is a load of a program whose log goes to a buffer: the first one at the level. All
// others at that level fail with EPERM, for libraries repeat a load with ever larger buffers of
// their own.
type Load struct {
	Level   uint32 // of the log
	Restart func() // called when the log begins anew, because a signal ended the verifier's walk and the library repeats the call

	Insns int // that the kernel was given, once the load is done
}

// Redirect runs do, in which one load of a program gets the buffer b for its log, whatever
// buffer it is made with, and reads the log meanwhile. It returns when do has returned. An error
// says that this kernel, which must be Linux 5.5 or newer, cannot do that, and that the load was
// not made, or that the log was not read to its end.
//
// It catches bpf(2) with a seccomp filter on a thread that runs nothing but do.
func (l *Load) Redirect(b *Buffer, do func()) error {
	if err := continues(); err != nil {
		return err
	}
	ended, end, err := os.Pipe()
	if err != nil {
		return err
	}
	defer ended.Close()
	listeners := make(chan int, 1)
	filtered := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with its filter
		defer end.Close()
		listener, err := catch()
		filtered <- err
		if err == nil {
			listeners <- listener
			do()
		}
	}()
	if err := <-filtered; err != nil {
		return err
	}
	listener := <-listeners
	defer unix.Close(listener)
	err = l.watch(b, listener, int(ended.Fd()))
	if err == nil {
		b.drain()
	}
	return err
}

// continues reports whether the kernel can be asked to go on with a system call that was
// caught, as from 5.5 on. Before, it would refuse the answer, and the call would wait forever.
func continues() error {
	var u unix.Utsname
	var major, minor int
	if err := unix.Uname(&u); err != nil {
		return err
	}
	fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor)
	if major < 5 || major == 5 && minor < 5 {
		return errors.New("seccomp of this kernel cannot go on with a call, as Linux 5.5 can")
	}
	return nil
}

// catch has the kernel report each load of a program that this thread makes, and returns the
// file descriptor at which it does.
func catch() (int, error) {
	filter := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: 0}, // seccomp_data.nr
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 3, K: unix.SYS_BPF},
		{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: lowOfFirst}, // the command
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, Jf: 1, K: unix.BPF_PROG_LOAD},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_USER_NOTIF},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	fd, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_NEW_LISTENER, uintptr(unsafe.Pointer(&program)))
	runtime.KeepAlive(filter)
	if errno != 0 {
		return 0, fmt.Errorf("seccomp: %w", errno)
	}
	return int(fd), nil
}

// lowOfFirst is where the lower half of a system call's first argument is in struct
// seccomp_data (include/uapi/linux/seccomp.h).
var lowOfFirst = func() uint32 {
	if one := uint16(1); *(*byte)(unsafe.Pointer(&one)) == 0 {
		return 20 // big-endian
	}
	return 16
}()

// watch answers page faults of the buffer and calls that are caught, until the load is done.
func (l *Load) watch(b *Buffer, listener, ended int) error {
	given, failed := false, error(nil)
	for {
		events := []unix.PollFd{{Fd: int32(b.fault), Events: unix.POLLIN}, {Fd: int32(listener), Events: unix.POLLIN}, {Fd: int32(ended), Events: unix.POLLIN}}
		if failed != nil {
			events[0].Fd = -1
		}
		if _, err := unix.Poll(events, -1); err != nil && err != unix.EINTR {
			return fmt.Errorf("poll: %w", err)
		}
		if events[0].Revents != 0 {
			if failed = b.serve(); failed != nil {
				b.Close() // the kernel must not wait for memory that it does not get
			}
		}
		if events[1].Revents&unix.POLLIN != 0 {
			if err := l.answer(b, listener, &given); err != nil {
				failed = errors.Join(failed, err)
			}
		}
		if events[2].Revents != 0 {
			return failed
		}
	}
}

// notification and response are struct seccomp_notif and seccomp_notif_resp.
type notification struct {
	id         uint64
	pid, flags uint32
	nr         int32
	arch       uint32
	ip         uint64
	args       [6]uint64
}

type response struct {
	id    uint64
	value int64
	errno int32
	flags uint32
}

// answer lets a call go on that was caught: the first load at the level with the buffer, and
// no other at the level.
func (l *Load) answer(b *Buffer, listener int, given *bool) error {
	var caught notification
	if err := ioctl(listener, unix.SECCOMP_IOCTL_NOTIF_RECV, unsafe.Pointer(&caught)); err != nil {
		return fmt.Errorf("receive a call that was caught: %w", err)
	}
	answer := response{id: caught.id, flags: unix.SECCOMP_USER_NOTIF_FLAG_CONTINUE}
	head, err := readHead(caught.args[1])
	switch {
	case err != nil || head.logLevel != l.Level:
	case *given && head.logBuffer == b.address(): // the same call once more, after EAGAIN
		err = b.restart()
		l.Restart()
	case *given:
		answer.flags, answer.errno = 0, -int32(unix.EPERM)
	default:
		*given, l.Insns = true, int(head.insns)
		err = writeLog(caught.args[1], uint32(b.size), b.address())
	}
	return errors.Join(err, ioctl(listener, unix.SECCOMP_IOCTL_NOTIF_SEND, unsafe.Pointer(&answer)))
}

// head is the beginning of union bpf_attr for BPF_PROG_LOAD (include/uapi/linux/bpf.h).
type head struct {
	kind, insns uint32
	_           [2]uint64 // instructions, licence
	logLevel    uint32
	logSize     uint32
	logBuffer   uint64
}

// logOffset is where the size and the address of the log are in head.
const logOffset = 28

// readHead and writeLog go through the kernel, which checks the addresses.
func readHead(address uint64) (h head, err error) {
	size := int(unsafe.Sizeof(h))
	local := []unix.Iovec{{Base: (*byte)(unsafe.Pointer(&h))}}
	local[0].SetLen(size)
	n, err := unix.ProcessVMReadv(os.Getpid(), local, []unix.RemoteIovec{{Base: uintptr(address), Len: size}}, 0)
	if err == nil && n != size {
		err = unix.EFAULT
	}
	return h, err
}

func writeLog(address uint64, size uint32, buffer uint64) error {
	var text [12]byte
	*(*uint32)(unsafe.Pointer(&text[0])) = size
	copy(text[4:], (*[8]byte)(unsafe.Pointer(&buffer))[:])
	local := []unix.Iovec{{Base: &text[0]}}
	local[0].SetLen(len(text))
	n, err := unix.ProcessVMWritev(os.Getpid(), local, []unix.RemoteIovec{{Base: uintptr(address) + logOffset, Len: len(text)}}, 0)
	if err == nil && n != len(text) {
		err = unix.EFAULT
	}
	return err
}
