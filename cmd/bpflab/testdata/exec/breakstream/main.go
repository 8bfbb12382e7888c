// Command breakstream does to the stream of bpflab's agent what root of a guest can do:
// it takes the agent's descriptor and writes to it.
package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

func main() {
	stream, err := agentStream()
	if err == nil {
		err = attacks[os.Args[1]](stream)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(77) // it could not attack
	}
}

// attacks write to the agent's stream; the command ends with status 0 after them.
var attacks = map[string]func(*os.File) error{
	"a line": func(f *os.File) error {
		_, err := f.WriteString("hello\n")
		return err
	},
	"a flood": func(f *os.File) error {
		for zeros := make([]byte, 1<<20); ; {
			if _, err := f.Write(zeros); err != nil {
				return err
			}
		}
	},
	"a flood of frames": func(f *os.File) error {
		ready := bytes.Repeat(header(1, nil), 1000)
		for {
			if _, err := f.Write(ready); err != nil {
				return err
			}
		}
	},
	"a header without its payload": func(f *os.File) error {
		_, err := f.Write(header(3, make([]byte, 1<<20)))
		return err
	},
}

// header returns the header of a frame of a kind, as package wire has it.
func header(kind byte, payload []byte) []byte {
	head := append([]byte("bpl\x01"), kind, 0, 0, 0, 0, 0, 0, 0)
	head = binary.LittleEndian.AppendUint32(head, uint32(len(payload)))
	table := crc32.MakeTable(crc32.Castagnoli)
	return binary.LittleEndian.AppendUint32(head, crc32.Update(crc32.Checksum(head, table), table, payload))
}

// agentStream returns the stream that PID 1 has open: the virtio port, which can be opened
// only once.
func agentStream() (*os.File, error) {
	links, err := filepath.Glob("/proc/1/fd/*")
	if err != nil {
		return nil, err
	}
	for _, link := range links {
		target, err := os.Readlink(link)
		if err != nil || !strings.HasPrefix(target, "/dev/vport") {
			continue
		}
		number, err := strconv.Atoi(filepath.Base(link))
		if err != nil {
			return nil, err
		}
		agent, err := unix.PidfdOpen(1, 0)
		if err != nil {
			return nil, err
		}
		fd, err := unix.PidfdGetfd(agent, number, 0)
		return os.NewFile(uintptr(fd), target), err
	}
	return nil, fmt.Errorf("PID 1 has no port open: %q", links)
}
