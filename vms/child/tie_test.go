//go:build unix

package child

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// tieScript is the environment variable that makes this test binary run a shell
// script tied to itself.
const tieScript = "BPFLAB_TEST_TIE"

func TestMain(m *testing.M) {
	if script := os.Getenv(tieScript); script != "" {
		cmd := exec.Command("sh", "-c", script)
		cmd.Stdout = os.Stdout
		fmt.Fprintln(os.Stderr, Run(cmd))
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// family is a process with a child and a grandchild, which all would run for long.
const family = `sleep 1000 & echo $$ $!; wait`

// pids reads the numbers of a family from its output.
func pids(t *testing.T, line string) []int {
	t.Helper()
	var out []int
	for _, field := range strings.Fields(line) {
		pid, err := strconv.Atoi(field)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, pid)
	}
	if len(out) != 2 {
		t.Fatalf("the family says %q", line)
	}
	return out
}

// runs reports whether a process runs; one that nobody has reaped does not.
func runs(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

// allEnd waits for processes to end.
func allEnd(t *testing.T, pids []int) {
	t.Helper()
	for range 500 {
		left := 0
		for _, pid := range pids {
			if runs(pid) {
				left++
			}
		}
		if left == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("of %v some still run", pids)
	for _, pid := range pids {
		syscall.Kill(pid, syscall.SIGKILL)
	}
}

func TestGrandchildrenDieWithAKilledProcess(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs /proc")
	}
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), tieScript+"="+family)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	all := pids(t, lines.Text())
	if !runs(all[0]) || !runs(all[1]) {
		t.Fatalf("%v do not run", all)
	}
	parent.Process.Kill()
	parent.Wait()
	allEnd(t, all)
}

func TestGrandchildrenDieWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, "sh", "-c", family)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	wait, err := Begin(cmd, (*exec.Cmd).Start)
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	cancel()
	if err := wait(); !errors.Is(err, context.Canceled) && !strings.Contains(fmt.Sprint(err), "killed") {
		t.Errorf("error %v of a command that was killed", err)
	}
	allEnd(t, pids(t, lines.Text()))
}

func TestWhatACommandLeavesRunningIsKilled(t *testing.T) {
	var out strings.Builder
	cmd := exec.Command("sh", "-c", `sleep 1000 >/dev/null & echo $$ $!; exit 3`)
	cmd.Stdout = &out
	var exit *exec.ExitError
	if err := Run(cmd); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("error %v, want exit status 3", err)
	}
	allEnd(t, pids(t, out.String()))
}

func TestRunOfNoSuchCommand(t *testing.T) {
	if err := Run(exec.Command("/no/such/command")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}
