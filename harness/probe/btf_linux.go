package probe

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// btfAttr is union bpf_attr for BPF_BTF_LOAD, as of Linux 4.18.
type btfAttr struct {
	btf      uint64
	logBuf   uint64
	size     uint32
	logSize  uint32
	logLevel uint32
}

// TakesBTF reports whether the kernel takes BTF, in its raw form.
func TakesBTF(raw []byte) bool {
	attr := btfAttr{btf: uint64(uintptr(unsafe.Pointer(&raw[0]))), size: uint32(len(raw))}
	fd, errno := bpf(unix.BPF_BTF_LOAD, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(raw)
	if errno == 0 {
		unix.Close(fd)
	}
	return errno == 0
}
