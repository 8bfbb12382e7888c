package logstream

import (
	"bytes"
	"fmt"
	"io"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// chunk is how much of a buffer gets memory at a time, in bytes. It is a multiple of the pages
// of all architectures.
const chunk = 256 << 10

// Largest is how large a buffer for the verifier's log may be, in bytes, from Linux 5.2 on
// (UINT_MAX >> 2). The kernel writes it from its beginning to its end, where it cuts off what is
// longer; from 6.4 on it does so at a level with BPF_LOG_FIXED (kernel/bpf/log.c).
const Largest = 1<<30 - 1

// Buffer is address space that the kernel writes a text to. It has memory only where the text
// has been written and not read.
type Buffer struct {
	mem   []byte
	size  int // of which the kernel knows
	fault int // the userfaultfd
	out   io.Writer

	filled int64 // up to where the space has had memory
	read   int64 // up to where the text was read
	kept   int64 // up to where memory was given back
}

// New makes a buffer of a size, whose text is written to out. An error says that this kernel
// has no userfaultfd, or does not allow it. The caller closes the buffer.
func New(size int, out io.Writer) (*Buffer, error) {
	fd, _, errno := unix.Syscall(unix.SYS_USERFAULTFD, unix.O_CLOEXEC|unix.O_NONBLOCK, 0, 0)
	if errno != 0 {
		return nil, fmt.Errorf("userfaultfd: %w", errno)
	}
	b := &Buffer{size: size, fault: int(fd), out: out}
	mem, err := unix.Mmap(-1, 0, (size+chunk-1)/chunk*chunk, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_PRIVATE|unix.MAP_ANONYMOUS|unix.MAP_NORESERVE)
	if err != nil {
		unix.Close(b.fault)
		return nil, fmt.Errorf("map %d bytes for a log: %w", size, err)
	}
	b.mem = mem
	if err := b.register(); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Close gives the buffer back. A kernel that still writes to it gets EFAULT.
func (b *Buffer) Close() error {
	if b.mem != nil {
		unix.Munmap(b.mem)
		b.mem = nil
		unix.Close(b.fault)
	}
	return nil
}

// address returns where the buffer is.
func (b *Buffer) address() uint64 { return uint64(uintptr(unsafe.Pointer(unsafe.SliceData(b.mem)))) }

// The part of include/uapi/linux/userfaultfd.h that is used.
const (
	apiVersion  = 0xaa
	ioctlAPI    = 0xc018aa3f
	ioctlReg    = 0xc020aa00
	ioctlZero   = 0xc020aa04
	modeMissing = 1
	eventFault  = 0x12
	messageSize = 32
)

type uffdAPI struct{ api, features, ioctls uint64 }

type uffdRange struct{ start, size, mode, result uint64 }

func (b *Buffer) register() error {
	api := uffdAPI{api: apiVersion}
	if err := ioctl(b.fault, ioctlAPI, unsafe.Pointer(&api)); err != nil {
		return fmt.Errorf("UFFDIO_API: %w", err)
	}
	all := uffdRange{start: b.address(), size: uint64(len(b.mem)), mode: modeMissing}
	if err := ioctl(b.fault, ioctlReg, unsafe.Pointer(&all)); err != nil {
		return fmt.Errorf("UFFDIO_REGISTER: %w", err)
	}
	return nil
}

func ioctl(fd int, request uintptr, arg unsafe.Pointer) error {
	for {
		_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), request, uintptr(arg))
		switch errno {
		case 0:
			runtime.KeepAlive(arg)
			return nil
		case unix.EINTR:
		default:
			return errno
		}
	}
}

// serve answers the page faults that are reported.
func (b *Buffer) serve() error {
	message := make([]byte, messageSize)
	for {
		n, err := unix.Read(b.fault, message)
		switch {
		case err == unix.EAGAIN:
			return nil
		case err == unix.EINTR:
			continue
		case err != nil:
			return fmt.Errorf("read page faults: %w", err)
		case n != messageSize || message[0] != eventFault:
			return fmt.Errorf("a page fault of %d bytes, kind %#x", n, message[0])
		}
		if err := b.take(*(*uint64)(unsafe.Pointer(&message[16]))); err != nil {
			return err
		}
	}
}

// take gives memory to the part where the kernel waits, and reads what it has written before.
func (b *Buffer) take(address uint64) error {
	at := int64(address-b.address()) / chunk * chunk
	if at >= b.kept && at < b.filled {
		return nil // a fault that was answered, and whose wait a signal has ended
	}
	if at != b.filled || at >= int64(len(b.mem)) {
		return fmt.Errorf("a page fault at byte %d of the log's buffer, of which %d are written", at, b.filled)
	}
	b.drain()
	if err := b.fill(at); err != nil {
		return err
	}
	b.filled += chunk
	// The part before stays: the kernel takes back a line's end (print_insn_state), and a copy
	// that waits may have bytes of it yet to write.
	for ; b.kept+2*chunk < b.filled && b.kept+chunk <= b.read; b.kept += chunk {
		if err := unix.Madvise(b.mem[b.kept:b.kept+chunk], unix.MADV_DONTNEED); err != nil {
			return fmt.Errorf("give back memory: %w", err)
		}
	}
	return nil
}

// fill gives memory to a part. The kernel goes on.
func (b *Buffer) fill(at int64) error {
	for done := int64(0); done < chunk; {
		zero := uffdRange{start: b.address() + uint64(at+done), size: uint64(chunk - done)}
		err := ioctl(b.fault, ioctlZero, unsafe.Pointer(&zero))
		if n := int64(zero.result); n > 0 {
			done += n
		}
		if err != nil && err != unix.EAGAIN {
			return fmt.Errorf("UFFDIO_ZEROPAGE: %w", err)
		}
	}
	return nil
}

// restart forgets what was written. The kernel will write from the beginning.
func (b *Buffer) restart() error {
	b.filled, b.read, b.kept = 0, 0, 0
	if err := unix.Madvise(b.mem, unix.MADV_DONTNEED); err != nil {
		return fmt.Errorf("give back memory: %w", err)
	}
	return nil
}

// drain reads the text as far as it goes: to its end, or to that of the memory.
func (b *Buffer) drain() {
	part := b.mem[b.read:b.filled]
	if end := bytes.IndexByte(part, 0); end >= 0 {
		part = part[:end]
	}
	b.out.Write(part)
	b.read += int64(len(part))
}
