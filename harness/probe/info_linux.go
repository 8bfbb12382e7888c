package probe

import (
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// progInfo is the part of struct bpf_prog_info (include/uapi/linux/bpf.h) up to the instructions.
type progInfo struct {
	_           [5]uint32 // type, id, tag, length of the machine code
	xlatedLen   uint32
	_           uint64
	xlatedInsns uint64
}

// Translated returns the instructions of a loaded program as the kernel has changed them. They are
// none where the caller may not see them.
func Translated(fd int) ([]byte, error) {
	var info progInfo
	if errno := infoOf(fd, &info); errno != 0 {
		return nil, errno
	}
	insns := make([]byte, info.xlatedLen)
	if len(insns) == 0 {
		return nil, nil
	}
	info = progInfo{xlatedLen: uint32(len(insns)), xlatedInsns: uint64(uintptr(unsafe.Pointer(&insns[0])))}
	errno := infoOf(fd, &info)
	runtime.KeepAlive(insns)
	if errno != 0 {
		return nil, errno
	}
	return insns[:min(len(insns), int(info.xlatedLen))], nil
}

func infoOf(fd int, info *progInfo) unix.Errno {
	attr := struct {
		fd, size uint32
		info     uint64
	}{uint32(fd), uint32(unsafe.Sizeof(*info)), uint64(uintptr(unsafe.Pointer(info)))}
	_, errno := bpf(unix.BPF_OBJ_GET_INFO_BY_FD, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(info)
	return errno
}

// Streams of a program (BPF_STREAM_STDOUT, BPF_STREAM_STDERR of include/uapi/linux/bpf.h).
const (
	Stdout = 1
	Stderr = 2
)

const (
	streamRead = 37 // BPF_PROG_STREAM_READ_BY_FD, of Linux 6.17
	mostStream = 1 << 20
)

// ReadStream returns what a loaded program has printed to one of its streams. The error of a
// kernel without streams is EINVAL.
func ReadStream(fd, stream int) ([]byte, error) {
	text := make([]byte, mostStream)
	attr := struct {
		text             uint64
		size, stream, fd uint32
		_                uint32
	}{uint64(uintptr(unsafe.Pointer(&text[0]))), uint32(len(text)), uint32(stream), uint32(fd), 0}
	n, errno := bpf(streamRead, unsafe.Pointer(&attr), unsafe.Sizeof(attr))
	runtime.KeepAlive(text)
	if errno != 0 {
		return nil, errno
	}
	return text[:min(n, len(text))], nil
}
