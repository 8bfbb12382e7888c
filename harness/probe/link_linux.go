package probe

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// linkAttr is the part of union bpf_attr that all links have in common, for
// BPF_LINK_CREATE, followed by what the type of link adds.
type linkAttr struct {
	progFD     uint32
	targetFD   uint32
	attachType uint32
	flags      uint32
	rest       [4]uint64
	count      uint32
	_          [3]uint32
}

func createLink(attr linkAttr) unix.Errno {
	fd, errno := bpf(unix.BPF_LINK_CREATE, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	if errno == 0 {
		unix.Close(fd)
	}
	return errno
}

// MakesUprobeLink reports whether the kernel makes links of an attach type, by number, to
// many places of a program in user space. The place is a directory, of which a kernel that
// has the type says that it is no file (bpf_uprobe_multi_link_attach of
// kernel/trace/bpf_trace.c).
func MakesUprobeLink(attach uint32) bool {
	prog := loadFor(Target{Type: unix.BPF_PROG_TYPE_KPROBE, Attach: attach}, straightLine(2))
	defer prog.close()
	if prog.errno != 0 {
		return false
	}
	path, offset := []byte("/\x00"), uint64(0)
	errno := createLink(linkAttr{progFD: uint32(prog.fd), attachType: attach, count: 1,
		rest: [4]uint64{uint64(uintptr(unsafe.Pointer(&path[0]))), uint64(uintptr(unsafe.Pointer(&offset)))}})
	runtime.KeepAlive(path)
	runtime.KeepAlive(&offset)
	return errno == unix.EBADF
}

// LinkTracing makes a link of an attach type to many functions of the kernel, of which it
// is given one, by its number in the kernel's BTF.
func LinkTracing(attach, function uint32) unix.Errno {
	prog := loadFor(Target{Type: unix.BPF_PROG_TYPE_TRACING, Attach: attach}, straightLine(2))
	defer prog.close()
	if prog.errno != 0 {
		return prog.errno
	}
	errno := createLink(linkAttr{progFD: uint32(prog.fd), attachType: attach,
		rest: [4]uint64{uint64(uintptr(unsafe.Pointer(&function))), 0, 1}})
	runtime.KeepAlive(&function)
	return errno
}
