package main

import (
	"os"
	"os/exec"
	"testing"
)

func TestKibibytes(t *testing.T) {
	const rollup = "55d0c0000000-7ffd0 ---p 00000000 00:00 0   [rollup]\n" +
		"Rss:              111144 kB\nPss:               26001 kB\nPss_Dirty:         20000 kB\nPss_Anon:           9000 kB\n"
	tests := []struct {
		name, text, line string
		want             int64
	}{
		{"smaps_rollup", rollup, "Pss", 26001 << 10},
		{"not the line that begins the same", rollup, "Pss_Anon", 9000 << 10},
		{"status", "Name:\tbpflab\nVmHWM:\t   25000 kB\n", "VmHWM", 25000 << 10},
		{"no such line", rollup, "VmHWM", 0},
		{"the process is gone", "", "Pss", 0},
		{"no number", "Pss: many kB\n", "Pss", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := kibibytes(tt.text, tt.line); got != tt.want {
				t.Errorf("got %d, want %d", got, tt.want)
			}
		})
	}
}

func TestParseStat(t *testing.T) {
	tests := []struct {
		name, text string
		want       process
		ok         bool
	}{
		{"simple", "14253 (qemu-system-x86) R 14230 14253 1 0", process{14253, 14230, "qemu-system-x86"}, true},
		{"name with a space and parentheses", "7 (a) S (b) S 1 7 7", process{7, 1, "a) S (b"}, true},
		{"cut short", "7 (a) S", process{}, false},
		{"no name", "7 S 1", process{}, false},
		{"empty", "", process{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := parseStat(tt.text)
			if ok != tt.ok || got != tt.want {
				t.Errorf("got %+v, %v; want %+v, %v", got, ok, tt.want, tt.ok)
			}
		})
	}
}

func TestChildrenNamed(t *testing.T) {
	child := exec.Command("sleep", "1000")
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait()
	defer child.Process.Kill()
	if got := childrenNamed(os.Getpid(), "sleep"); len(got) != 1 || got[0] != child.Process.Pid {
		t.Errorf("got %v, want [%d]", got, child.Process.Pid)
	}
	if got := childrenNamed(os.Getpid(), "qemu"); len(got) != 0 {
		t.Errorf("of another name: got %v", got)
	}
}

func TestMachineMemory(t *testing.T) {
	m := machineMemory{}
	for _, seen := range []struct {
		machine int
		bytes   int64
	}{{1, 10}, {2, 50}, {1, 30}, {1, 20}, {3, 0}} {
		m.saw(seen.machine, seen.bytes)
	}
	if m.mean() != 40 || m.max() != 50 {
		t.Errorf("mean %d, max %d of %v; want 40 and 50", m.mean(), m.max(), m)
	}
	if none := (machineMemory{}); none.mean() != 0 || none.max() != 0 {
		t.Errorf("of none: mean %d, max %d", none.mean(), none.max())
	}
}
