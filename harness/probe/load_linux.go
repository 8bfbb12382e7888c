package probe

import (
	"bytes"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Result is the kernel's answer to one probe.
type Result struct {
	Accepted bool
	Errno    string // "E2BIG"; empty if accepted
	Log      string // the verifier's, at most LogTail bytes from its end
	Insns    int    // processed, as the log says; 0 where it does not
	Seconds  float64
}

// Levels of the verifier's log. logStats, which logs no instructions, came with
// Linux 5.2; before, every level is as good as logInsns.
const (
	logInsns = 1
	logStats = 4
)

// Target is what a program is loaded for.
type Target struct {
	Type   uint32 // BPF_PROG_TYPE_*
	Attach uint32 // BPF_*, where the type needs it
	BTF    uint32 // number of the type in the kernel's BTF that it attaches to, or 0
	Flags  uint32 // BPF_F_*
}

var socketFilter = Target{Type: unix.BPF_PROG_TYPE_SOCKET_FILTER}

// progAttr is the part of union bpf_attr that BPF_PROG_LOAD has read since
// Linux 5.5 (include/uapi/linux/bpf.h). Older kernels take what they do not know
// if it is zero.
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
	name        [16]byte
	ifindex     uint32
	attachType  uint32
	_           [9]uint32 // BTF of the program itself: functions and lines
	attachBTF   uint32
	_           uint32
}

// load loads raw instructions and closes the program at once. An unprivileged user may
// load socket filters only.
func load(t Target, insns []byte) Result {
	got := loadFor(t, insns)
	defer got.close()
	return Result{Accepted: got.errno == 0, Errno: unix.ErrnoName(got.errno), Seconds: got.took.Seconds(),
		Log: excerpt(got.log), Insns: Processed(got.log)}
}

// loading is what came of loading a program.
type loading struct {
	fd    int // of the program, if it was accepted
	errno unix.Errno
	log   string        // the verifier's
	took  time.Duration // the first walk
}

func (l loading) close() {
	if l.errno == 0 {
		unix.Close(l.fd)
	}
}

// loadFor loads a program. A kernel with a terse log is asked once; another one is first
// asked without a log, so that a log that grows too large cannot fail the load, and again
// for the log of what it rejected, unless the program has so few instructions that their
// log is small. See InsnLog for when there is a second walk.
func loadFor(t Target, insns []byte) (out loading) {
	log := newLog(logSize)
	defer log.close()
	first, level := log, uint32(logStats)
	switch {
	case HasTerseLog():
	case len(insns) <= fewInsns*insnSize:
		level = logInsns
	default:
		first, level = nil, 0
	}
	began := time.Now()
	out.fd, out.errno = loadFD(t, insns, first, level)
	out.took = time.Since(began)
	if first == nil && out.errno != 0 {
		if size := InsnLog("", out.took, Free()); size > 0 {
			try(t, insns, log[:min(size, len(log))], logInsns)
		}
	}
	out.log = log.text()
	return out
}

// fewInsns is how many instructions have a small log, whatever they are, on a kernel that
// takes no loops, as those without a terse log do not.
const fewInsns = 8

// HasTerseLog reports whether the kernel can leave instructions out of its log, as
// kernels from 5.2 on can. It tries a program of two instructions.
var HasTerseLog = sync.OnceValue(func() bool {
	log := newLog(logSize)
	defer log.close()
	return try(socketFilter, straightLine(2), log, logStats) == 0 && Processed(log.text()) == 2 && !strings.Contains(log.text(), "r0 = 0")
})

// try loads a program and closes it at once.
func try(t Target, insns []byte, log logBuffer, level uint32) unix.Errno {
	fd, errno := loadFD(t, insns, log, level)
	if errno == 0 {
		unix.Close(fd)
	}
	return errno
}

// loadFD loads a program. EAGAIN (a signal came while the verifier ran) is tried
// again; it is never a result.
func loadFD(target Target, insns []byte, log logBuffer, level uint32) (fd int, errno unix.Errno) {
	license := []byte("GPL\x00")
	attr := progAttr{
		progType:    target.Type,
		insnCnt:     uint32(len(insns) / insnSize),
		insns:       uint64(uintptr(unsafe.Pointer(&insns[0]))),
		license:     uint64(uintptr(unsafe.Pointer(&license[0]))),
		kernVersion: version(),
		progFlags:   target.Flags,
		attachType:  target.Attach,
		attachBTF:   target.BTF,
	}
	if log != nil {
		attr.logLevel, attr.logSize, attr.logBuf = level, uint32(len(log)), uint64(uintptr(unsafe.Pointer(&log[0])))
	}
	fd, errno = bpf(unix.BPF_PROG_LOAD, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(insns)
	runtime.KeepAlive(license)
	return fd, errno
}

// version is the running kernel's as LINUX_VERSION_CODE has it, which kprobes had
// to name before Linux 5.0.
var version = sync.OnceValue(func() uint32 {
	var u unix.Utsname
	var major, minor, patch uint32
	if unix.Uname(&u) != nil {
		return 0
	}
	fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d.%d", &major, &minor, &patch)
	return major<<16 | minor<<8 | min(patch, 255)
})

// bpf calls bpf(2) and returns its result.
func bpf(cmd int, attr unsafe.Pointer, size uintptr) (int, unix.Errno) {
	var ret uintptr
	errno := unix.EAGAIN
	for tries := 0; errno == unix.EAGAIN && tries < 10; tries++ {
		ret, _, errno = unix.Syscall(unix.SYS_BPF, uintptr(cmd), uintptr(attr), size)
	}
	return int(ret), errno
}

// logBuffer is memory for the verifier's log. It is mapped, so that only what is
// written takes any.
type logBuffer []byte

// newLog maps a buffer; it is nil if there is no address space for it.
func newLog(size int) logBuffer {
	log, err := unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		return nil
	}
	unix.Madvise(log, unix.MADV_NOHUGEPAGE) // or a log of one line has 2 MiB cleared; kernels without huge pages refuse
	return log
}

func (l logBuffer) close() {
	if l != nil {
		unix.Munmap(l)
	}
}

func (l logBuffer) text() string {
	text, _, _ := bytes.Cut(l, []byte{0})
	return string(text)
}
