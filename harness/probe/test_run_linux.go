package probe

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// TestRun is one BPF_PROG_TEST_RUN of a program. Buffers that are nil are not given to the kernel.
type TestRun struct {
	FD         int
	Data       []byte
	Out        []byte // room for the packet afterwards
	Context    []byte
	ContextOut []byte // room for the context afterwards
	Repeat     uint32
}

// TestRan is what came out of a [TestRun].
type TestRan struct {
	Returned    uint32
	OutSize     int // bytes of the packet afterwards, which may be more than there was room for
	ContextSize int
}

// runAttr is union bpf_attr for BPF_PROG_TEST_RUN, as of Linux 5.2. What it has beyond
// testAttr is zero where there is no context, and then older kernels take it too.
type runAttr struct {
	testAttr
	ctxSizeIn  uint32
	ctxSizeOut uint32
	ctxIn      uint64
	ctxOut     uint64
}

// Do runs the program. The error number is the kernel's, EINTR where the thread got a signal;
// unlike with a library's, such a run is not begun again.
func (r TestRun) Do() (TestRan, unix.Errno) {
	attr := runAttr{testAttr: testAttr{progFD: uint32(r.FD), dataSizeIn: uint32(len(r.Data)), dataSizeOut: uint32(len(r.Out)), repeat: r.Repeat},
		ctxSizeIn: uint32(len(r.Context)), ctxSizeOut: uint32(len(r.ContextOut))}
	attr.dataIn, attr.dataOut = addressOf(r.Data), addressOf(r.Out)
	attr.ctxIn, attr.ctxOut = addressOf(r.Context), addressOf(r.ContextOut)
	_, errno := bpf(unix.BPF_PROG_TEST_RUN, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(r)
	return TestRan{attr.retval, int(attr.dataSizeOut), int(attr.ctxSizeOut)}, errno
}

// addressOf returns where bytes are, which the caller keeps alive.
func addressOf(b []byte) uint64 {
	if len(b) == 0 {
		return 0
	}
	return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b))))
}
