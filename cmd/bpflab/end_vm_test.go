//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestNothingIsLeftToReap runs bpflab as process 1 of a container would, which is the parent of
// what bpflab leaves, and reaps nothing.
func TestNothingIsLeftToReap(t *testing.T) {
	if program := os.Getenv("BPFLAB_AS_PROCESS_1"); program != "" {
		listOrphans(t, program)
		return
	}
	needVMs(t)
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "-test.run=^TestNothingIsLeftToReap$", "-test.v")
	cmd.Env = append(os.Environ(), "BPFLAB_AS_PROCESS_1="+program)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if strings.Contains(string(out), "left: ") || !strings.Contains(string(out), "4 ran") {
		t.Errorf("%s", out)
	}
}

// listOrphans runs four machines of one kernel, of which a zygote is made, and prints which
// processes are left.
func listOrphans(t *testing.T, program string) {
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	cmd, out := preparedAs(t, []string{program}, "run", "hello", "map-counters", "tracepoints", "tail-calls", "--kernel", "6.1")
	done := out(cmd.Run())
	done.want(t, 0)
	fmt.Println(len(done.result.Cells), "ran")
	lists, _ := filepath.Glob("/proc/self/task/*/children")
	for _, list := range lists {
		children, _ := os.ReadFile(list)
		for _, pid := range strings.Fields(string(children)) {
			stat, _ := os.ReadFile("/proc/" + pid + "/stat")
			fmt.Printf("left: %s\n", stat)
		}
	}
}
