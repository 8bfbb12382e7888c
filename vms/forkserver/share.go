//go:build linux && amd64

package forkserver

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// eventFile is a descriptor of an event counter (eventfd(2)) and what it has counted.
type eventFile struct{ fd, flags, count uint64 }

// eventFiles returns the event counters of a process, of which a copy must have its own. The
// error names a descriptor that copies cannot have.
func eventFiles(pid int) (all []eventFile, err error) {
	dir := fmt.Sprintf("/proc/%d/fd", pid)
	open, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	for _, e := range open {
		what, err := os.Readlink(dir + "/" + e.Name())
		if err != nil {
			return nil, err
		}
		info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/%s", pid, e.Name()))
		if err != nil {
			return nil, err
		}
		switch kind, anonymous := strings.CutPrefix(what, "anon_inode:"); {
		case !anonymous || kind == "[signalfd]":
		case kind == "[eventpoll]" && !strings.Contains(string(info), "tfd:"): // it polls nothing
		case kind == "[eventfd]":
			f, err := parseEventFile(e.Name(), string(info))
			if err != nil {
				return nil, err
			}
			all = append(all, f)
		default:
			return nil, fmt.Errorf("its descriptor %s is of the kind %s, which no copy can have", e.Name(), kind)
		}
	}
	return all, nil
}

// parseEventFile reads what /proc/PID/fdinfo has of an event counter, see proc_pid_fdinfo(5).
func parseEventFile(fd, info string) (f eventFile, err error) {
	if f.fd, err = strconv.ParseUint(fd, 10, 31); err != nil {
		return f, err
	}
	found := 0
	for line := range strings.Lines(info) {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch name {
		case "flags":
			f.flags, err = strconv.ParseUint(value, 8, 64)
			f.flags &= unix.O_NONBLOCK | unix.O_CLOEXEC
		case "eventfd-count":
			f.count, err = strconv.ParseUint(value, 16, 32)
		default:
			continue
		}
		if err != nil {
			return f, fmt.Errorf("descriptor %s: %w", fd, err)
		}
		found++
	}
	if found != 2 {
		return f, fmt.Errorf("descriptor %s has no flags or no count", fd)
	}
	return f, nil
}

// shareMemory lets copies have the memory that the program keeps from its children
// (MADV_DONTFORK), as QEMU does with that of its guest.
func (h *held) shareMemory() error {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps", h.pid))
	if err != nil {
		return err
	}
	for _, r := range keptBack(string(text)) {
		if _, err := h.call(h, unix.SYS_MADVISE, r[0], r[1]-r[0], unix.MADV_DOFORK); err != nil {
			return fmt.Errorf("its memory at %#x: %w", r[0], err)
		}
	}
	return nil
}

// keptBack returns beginning and end of the mappings that a child does not have, of the text of
// smaps, see proc_pid_smaps(5).
func keptBack(smaps string) (all [][2]uint64) {
	var last [2]uint64
	for line := range strings.Lines(smaps) {
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if from, to, ok := strings.Cut(fields[0], "-"); ok {
			last[0], _ = strconv.ParseUint(from, 16, 64)
			last[1], _ = strconv.ParseUint(to, 16, 64)
		}
		if fields[0] == "VmFlags:" && slices.Contains(fields, "dc") {
			all = append(all, last)
		}
	}
	return all
}
