package probe

import (
	"bytes"
	"errors"
	"regexp"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// opCall calls a helper: BPF_JMP | BPF_CALL of Linux's include/uapi/linux/bpf.h.
const opCall = 0x85

// helperAttr is progAttr as far as BPF_PROG_LOAD reads it since Linux 4.17.
type helperAttr struct {
	progAttr
	name       [16]byte
	ifindex    uint32
	attachType uint32
}

// noHelper is what the verifier says of a helper that the kernel does not have,
// or not for the type of program (check_helper_call in kernel/bpf/verifier.c).
var noHelper = regexp.MustCompile(`invalid func unknown#|unknown func |program of this type cannot use helper`)

// errNoType is a program type that the kernel does not have.
var errNoType = errors.New("the kernel has no programs of this type")

// HasHelper says whether programs of a type may call a helper, by number. It
// loads a program that calls it without arguments: a kernel that has it complains
// of those. attachType is for types that must name one.
func HasHelper(progType, attachType uint32, helper int32) (bool, error) {
	insns := join(insn(opCall, 0, 0, helper), insn(opMovImm, r0, 0, 0), insn(opExit, 0, 0, 0))
	accepted, log := loadAs(progType, attachType, insns)
	switch {
	case accepted:
		return true, nil
	case noHelper.MatchString(log):
		return false, nil
	case log == "":
		return false, errNoType
	}
	return true, nil
}

// loadAs loads a program of a type and closes it; it returns the verifier's log.
func loadAs(progType, attachType uint32, insns []byte) (accepted bool, log string) {
	license := []byte("GPL\x00")
	text := make([]byte, 4<<10)
	attr := helperAttr{progAttr: progAttr{
		progType: progType,
		insnCnt:  uint32(len(insns) / insnSize),
		insns:    uint64(uintptr(unsafe.Pointer(&insns[0]))),
		license:  uint64(uintptr(unsafe.Pointer(&license[0]))),
		logLevel: 1, logSize: uint32(len(text)), logBuf: uint64(uintptr(unsafe.Pointer(&text[0]))),
	}, attachType: attachType}
	errno := unix.EAGAIN
	var fd uintptr
	for tries := 0; errno == unix.EAGAIN && tries < 10; tries++ {
		fd, _, errno = unix.Syscall(unix.SYS_BPF, unix.BPF_PROG_LOAD, uintptr(unsafe.Pointer(&attr)), unsafe.Sizeof(attr))
	}
	runtime.KeepAlive(insns)
	runtime.KeepAlive(license)
	runtime.KeepAlive(text)
	if errno == 0 {
		unix.Close(int(fd))
	}
	said, _, _ := bytes.Cut(text, []byte{0})
	return errno == 0, string(said)
}
