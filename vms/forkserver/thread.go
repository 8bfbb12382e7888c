//go:build linux && amd64

package forkserver

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// threadID is where a C library has what is a thread's own, 0 for nothing.
type threadID struct {
	cleared uint64 // what the kernel clears at the thread's end (set_tid_address(2))
	number  uint64 // the thread's number, which fork(3) sets in the child
}

// structSize is more than what a C library keeps of a thread where its FS register points, in
// bytes.
const structSize = 4096

// findID finds that of a thread. glibc has had the kernel clear the thread's number itself, and
// from 2.43 on a state behind it; musl has it clear a lock. Then the number is the only word of the
// thread's structure that equals it.
func (t tracee) findID(h *held) (id threadID, err error) {
	at := h.scratch()
	if _, err := t.call(h, unix.SYS_PRCTL, unix.PR_GET_TID_ADDRESS, at); err != nil {
		return id, err
	}
	var word [8]byte
	if _, err := t.read(at, word[:]); err != nil {
		return id, err
	}
	id.cleared = binary.NativeEndian.Uint64(word[:])
	if n, err := t.read(id.cleared, word[:4]); err == nil && n == 4 && t.isNumber(word[:]) {
		id.number = id.cleared
		return id, nil
	}
	structure := make([]byte, structSize)
	n, _ := t.read(h.regs.Fs_base, structure) // as far as there is memory
	for i := 0; i+4 <= n; i += 4 {
		switch {
		case !t.isNumber(structure[i:]):
		case id.number != 0:
			return threadID{cleared: id.cleared}, nil // which of them it is cannot be told
		default:
			id.number = h.regs.Fs_base + uint64(i)
		}
	}
	return id, nil
}

func (t tracee) isNumber(word []byte) bool { return binary.NativeEndian.Uint32(word) == uint32(t.pid) }

// setNumber gives a copy's first thread its own number.
func (t tracee) setNumber(id threadID) error {
	if id.number == 0 {
		return nil
	}
	return t.write(id.number, binary.NativeEndian.AppendUint32(nil, uint32(t.pid)))
}
