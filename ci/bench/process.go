package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// childrenNamed returns the processes that pid has started and whose name begins so.
func childrenNamed(pid int, name string) []int {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well-formed
	var out []int
	for _, file := range stats {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		p, ok := parseStat(string(text))
		if ok && p.parent == pid && strings.HasPrefix(p.name, name) {
			out = append(out, p.pid)
		}
	}
	return out
}

type process struct {
	pid, parent int
	name        string
}

// parseStat reads the beginning of /proc/PID/stat: "12 (name) S 1 ...". The name
// may hold spaces and parentheses.
func parseStat(text string) (process, bool) {
	first, last := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if first < 0 || last < first {
		return process{}, false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(text[:first]))
	rest := strings.Fields(text[last+1:])
	if err != nil || len(rest) < 2 {
		return process{}, false
	}
	parent, err := strconv.Atoi(rest[1])
	return process{pid, parent, text[first+1 : last]}, err == nil
}

// proportional returns the memory of a process, with what it shares divided by the
// number that share it, in bytes; 0 if it has ended.
func proportional(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	return kibibytes(string(text), "Pss")
}

// highWater returns the most resident memory a process ever had, in bytes; 0 if it
// has ended.
func highWater(pid int) int64 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	return kibibytes(string(text), "VmHWM")
}

// kibibytes returns the line "NAME: 12 kB" of a file in /proc, in bytes; 0 without
// such a line.
func kibibytes(text, name string) int64 {
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(line, name+":")
		if !ok {
			continue
		}
		var kib int64
		fmt.Sscanf(rest, "%d kB", &kib)
		return kib << 10
	}
	return 0
}
