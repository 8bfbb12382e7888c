package probe

import (
	"runtime"
	"unsafe"

	"github.com/cilium/ebpf/asm"
	"golang.org/x/sys/unix"
)

// trials are the probes that do more than load one program.
var trials = map[string]func(n int, user bool) Result{
	"tail_calls": tailCalls,
	"bpf_loop":   bpfLoop,
	"map_key":    func(n int, _ bool) Result { return hashMap(n, 8) },
	"map_value":  func(n int, _ bool) Result { return hashMap(8, n) },
	"log":        func(n int, _ bool) Result { return logOf(n) },
}

// answer returns a result without a log.
func answer(errno unix.Errno) Result {
	return Result{Accepted: errno == 0, Errno: unix.ErrnoName(errno)}
}

// logOf loads a program with a log buffer of n bytes, which is address space only.
func logOf(n int) Result {
	log := newLog(n)
	if log == nil {
		return answer(unix.ENOMEM)
	}
	defer log.close()
	return answer(try(socketFilter, straightLine(2), log, logInsns))
}

// mapAttr is the part of union bpf_attr that BPF_MAP_CREATE has read since Linux
// 4.6.
type mapAttr struct {
	mapType    uint32
	keySize    uint32
	valueSize  uint32
	maxEntries uint32
	mapFlags   uint32
}

func createMap(attr mapAttr) (int, unix.Errno) {
	return bpf(unix.BPF_MAP_CREATE, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
}

// hashMap makes a map for one element, but no element, so that it takes no memory.
func hashMap(key, value int) Result {
	fd, errno := createMap(mapAttr{unix.BPF_MAP_TYPE_HASH, uint32(key), uint32(value), 1, unix.BPF_F_NO_PREALLOC})
	if errno == 0 {
		unix.Close(fd)
	}
	return answer(errno)
}

// cb is where a socket filter's five words of its own are in struct __sk_buff.
const cb = 48

// tailCalling counts in cb how often it ran before, calls itself until that is n,
// and returns it; if a tail call falls through, it returns what was counted
// before.
func tailCalling(n, programs int) []byte {
	return join(
		insn(opMovReg, from(r6, r1), 0, 0),
		insn(opLoadWord, from(r0, r1), cb, 0),
		insn(opJumpEqI, r0, 9, int32(n)),
		insn(opMovReg, from(r7, r0), 0, 0),
		insn(opAddImm, r7, 0, 1),
		insn(opStoreWord, from(r1, r7), cb, 0),
		insn(opLoadImm64, from(r2, pseudoMapFD), 0, int32(programs)), insn(0, 0, 0, 0),
		insn(opMovImm, r3, 0, 0),
		insn(opCall, 0, 0, int32(asm.FnTailCall)),
		insn(opLoadWord, from(r0, r6), cb, 0),
		insn(opAddImm, r0, 0, -1),
		insn(opExit, 0, 0, 0),
	)
}

// tailCalls makes n tail calls. An ordinary user loads the program, but only root
// may have it tested: that is for a thread of root's.
func tailCalls(n int, _ bool) Result {
	programs, errno := createMap(mapAttr{unix.BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0})
	if errno != 0 {
		return answer(errno)
	}
	defer unix.Close(programs)
	prog := loadFor(socketFilter, tailCalling(n, programs))
	defer prog.close()
	if prog.errno != 0 {
		return Result{Errno: unix.ErrnoName(prog.errno), Log: excerpt(prog.log)}
	}
	made, errno := asRoot(func() (uint32, unix.Errno) {
		if errno := setElement(programs, 0, uint32(prog.fd)); errno != 0 {
			return 0, errno
		}
		return testRun(prog.fd)
	})
	res := answer(errno)
	if errno == 0 && made != uint32(n) {
		res.Accepted, res.Log = false, "the tail call falls through"
	}
	return res
}

// asRoot runs f on a thread that never gave anything up.
func asRoot(f func() (uint32, unix.Errno)) (n uint32, errno unix.Errno) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		undisturbed(func() { n, errno = f() })
	}()
	<-done
	return n, errno
}

// elemAttr is union bpf_attr for BPF_MAP_UPDATE_ELEM.
type elemAttr struct {
	mapFD uint32
	_     uint32
	key   uint64
	value uint64
	flags uint64
}

func setElement(fd int, key, value uint32) unix.Errno {
	attr := elemAttr{mapFD: uint32(fd), key: uint64(uintptr(unsafe.Pointer(&key))), value: uint64(uintptr(unsafe.Pointer(&value)))}
	_, errno := bpf(unix.BPF_MAP_UPDATE_ELEM, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(&key)
	runtime.KeepAlive(&value)
	return errno
}

// testAttr is union bpf_attr for BPF_PROG_TEST_RUN, as of Linux 4.12.
type testAttr struct {
	progFD      uint32
	retval      uint32
	dataSizeIn  uint32
	dataSizeOut uint32
	dataIn      uint64
	dataOut     uint64
	repeat      uint32
	duration    uint32
}

// testRun runs a program once on a small packet and returns what it returned.
func testRun(fd int) (uint32, unix.Errno) {
	packet := make([]byte, 64)
	attr := testAttr{progFD: uint32(fd), dataSizeIn: uint32(len(packet)), dataIn: uint64(uintptr(unsafe.Pointer(&packet[0]))), repeat: 1}
	_, errno := bpf(unix.BPF_PROG_TEST_RUN, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(packet)
	return attr.retval, errno
}
