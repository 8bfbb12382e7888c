package logstream

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// made makes a buffer, and skips the test where the kernel does not allow userfaultfd.
func made(t *testing.T, size int, out *bytes.Buffer) *Buffer {
	t.Helper()
	b, err := New(size, out)
	if err != nil {
		if os.Getenv("BPFLAB_VM_TESTS") == "1" && os.Geteuid() == 0 {
			t.Fatal(err)
		}
		t.Skipf("this kernel gives no buffer whose page faults are reported: %v", err)
	}
	t.Cleanup(func() { b.Close() })
	return b
}

// write has the kernel write texts as the verifier does: each with a NUL behind it, which the
// next one overwrites.
func write(t *testing.T, b *Buffer, texts []string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	at := 0
	for _, text := range texts {
		whole := []byte(text + "\x00")
		w.Write(whole)
		for len(whole) > 0 {
			n, err := unix.Read(int(r.Fd()), b.mem[at:min(at+len(whole), b.size)])
			if err != nil || n <= 0 {
				t.Errorf("%d bytes at %d: %v", n, at, err)
				return
			}
			at, whole = at+n, whole[n:]
		}
		at--
	}
}

// served runs do, and answers page faults meanwhile.
func served(t *testing.T, b *Buffer, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	for {
		select {
		case <-done:
			b.drain()
			return
		default:
		}
		if _, err := unix.Poll([]unix.PollFd{{Fd: int32(b.fault), Events: unix.POLLIN}}, 10); err == nil {
			if err := b.serve(); err != nil {
				b.Close()
				t.Fatal(err)
			}
		}
	}
}

func texts(size int) (all []string) {
	for n := 0; n < size; {
		text := fmt.Sprintf("%d: (b7) r%d = %0*d\n", n, n%10, n%700, n)
		all, n = append(all, text), n+len(text)
	}
	return all
}

// A text is read whole, in whatever pieces it is written, with memory for three parts at most.
func TestBuffer(t *testing.T) {
	for name, test := range map[string]struct{ size, text int }{
		"short":       {Largest, 100},
		"some parts":  {Largest, 5*chunk + 77},
		"many parts":  {Largest, 40*chunk + 5},
		"nearly full": {6 * chunk, 5*chunk + 77},
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			b := made(t, test.size, &got)
			all := texts(test.text)
			served(t, b, func() { write(t, b, all) })
			var want bytes.Buffer
			for _, text := range all {
				want.WriteString(text)
			}
			if !bytes.Equal(got.Bytes(), want.Bytes()) {
				t.Errorf("%d bytes were read of %d", got.Len(), want.Len())
			}
			if n := resident(t, b); n > 3*chunk {
				t.Errorf("%d bytes of memory are left", n)
			}
		})
	}
}

// What was written before the kernel begins anew is not read again.
func TestRestart(t *testing.T) {
	var got bytes.Buffer
	b := made(t, 8*chunk, &got)
	all := texts(6 * chunk)
	served(t, b, func() { write(t, b, all[:len(all)/2]) })
	if err := b.restart(); err != nil {
		t.Fatal(err)
	}
	got.Reset()
	served(t, b, func() { write(t, b, all) })
	var want bytes.Buffer
	for _, text := range all {
		want.WriteString(text)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Errorf("%d bytes were read of %d", got.Len(), want.Len())
	}
}

// resident returns how much memory a buffer has, in bytes.
func resident(t *testing.T, b *Buffer) int {
	t.Helper()
	pages := make([]byte, len(b.mem)/os.Getpagesize())
	if _, _, errno := unix.Syscall(unix.SYS_MINCORE, uintptr(b.address()), uintptr(len(b.mem)), uintptr(unsafe.Pointer(&pages[0]))); errno != 0 {
		t.Fatal(errno)
	}
	n := 0
	for _, p := range pages {
		n += int(p & 1)
	}
	return n * os.Getpagesize()
}
