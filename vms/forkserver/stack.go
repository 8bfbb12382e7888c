//go:build linux && amd64

package forkserver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// stack is what the kernel puts on the stack of a new program: the number of arguments, their
// addresses and 0, those of the environment and 0, and the auxiliary vector, whose last
// entry is 0 (create_elf_tables in fs/binfmt_elf.c).
type stack struct {
	at        uint64
	rest      []byte // from the environment on
	stringsAt uint64 // where the first argument is
	room      int    // how many bytes there are for arguments
}

// newStack is what a copy has in its place.
type newStack struct {
	at        uint64
	block     []byte
	stringsAt uint64
	strings   []byte
}

const word = 8

// mostStack is how much of the stack is read; the strings themselves are above.
const mostStack = 64 << 10

func readStack(t tracee, at uint64) (stack, error) {
	data := make([]byte, mostStack)
	n, err := t.read(at, data)
	if err != nil {
		return stack{}, fmt.Errorf("its stack: %w", err)
	}
	return parseStack(at, data[:n/word*word])
}

// parseStack takes apart what a stack pointer points at.
func parseStack(at uint64, data []byte) (stack, error) {
	value := func(i int) uint64 {
		if i < 0 || (i+1)*word > len(data) {
			return 0
		}
		return binary.NativeEndian.Uint64(data[i*word:])
	}
	if value(0) != 2 || value(3) != 0 {
		return stack{}, errors.New("its stack has no two arguments")
	}
	i := 4
	for value(i) != 0 { // the environment
		i++
	}
	for i++; value(i) != 0; i += 2 { // the auxiliary vector
	}
	end := (i + 2) * word
	if end > len(data) {
		return stack{}, errors.New("its stack has no end")
	}
	room := int(value(2)-value(1)) + argumentSpace + 1
	return stack{at: at, rest: data[4*word : end], stringsAt: value(1), room: room}, nil
}

// stackOf returns the stack of a copy with these arguments.
func (h *held) stackOf(args []string) (newStack, error) { return h.stack.with(args) }

// with returns the same stack with other arguments, below the old one, which stays for
// what the loader remembers of it.
func (s stack) with(args []string) (newStack, error) {
	text := strings.Join(args, "\x00") + "\x00"
	if len(text) > s.room {
		return newStack{}, fmt.Errorf("arguments of %d bytes; there is room for %d", len(text), s.room)
	}
	n := newStack{stringsAt: s.stringsAt, strings: make([]byte, s.room)}
	copy(n.strings, text)
	n.block = binary.NativeEndian.AppendUint64(nil, uint64(len(args)))
	next := s.stringsAt
	for _, a := range args {
		n.block = binary.NativeEndian.AppendUint64(n.block, next)
		next += uint64(len(a)) + 1
	}
	n.block = binary.NativeEndian.AppendUint64(n.block, 0)
	n.block = append(n.block, s.rest...)
	n.at = (s.at - uint64(len(n.block))) &^ 15
	return n, nil
}
