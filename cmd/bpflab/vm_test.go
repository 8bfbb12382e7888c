package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/labs"
	"github.com/bpflab/bpflab/vms/kernel"
)

// needVMs skips a test that boots machines, unless they are asked for.
func needVMs(t *testing.T) {
	t.Helper()
	if os.Getenv("BPFLAB_VM_TESTS") != "1" {
		t.Skip("boots machines: set BPFLAB_VM_TESTS=1, as `make test` does")
	}
}

// binary builds the command as it is shipped, with its agent inside, once for all tests. It
// lies where test binaries do, so that nobody need remove it.
var binary = sync.OnceValues(func() (string, error) {
	dir := filepath.Dir(os.Args[0])
	path := filepath.Join(dir, "bpflab")
	agent := exec.Command("make", "--no-print-directory", "-C", "../..", "agent", "BIN="+dir, "AGENTS="+strings.Join(agents(), " "))
	out, err := agent.CombinedOutput()
	if err != nil {
		return "", errors.Join(err, fromOutput(err, out))
	}
	build := exec.Command("go", "build", "-trimpath", "-overlay", filepath.Join(dir, ".agents", "overlay.json"), "-tags", "bpflab_agent", "-ldflags", "-s -w", "-o", path, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	out, err = build.CombinedOutput()
	return path, errors.Join(err, fromOutput(err, out))
})

// agents returns what the binary of the tests has agents of, as GOARCH has it: this host's
// architecture, and those of which there are tests and a QEMU.
func agents() []string {
	all := []string{runtime.GOARCH}
	for _, one := range otherMachines {
		if _, err := exec.LookPath(one.qemu); err == nil && !one.arch.Is(kernel.HostArch()) {
			all = append(all, one.arch.GOARCH())
		}
	}
	return all
}

func fromOutput(err error, out []byte) error {
	if err == nil {
		return nil
	}
	return errors.New(string(out))
}

// outcome is how one run of the command ended.
type outcome struct {
	code           int
	stdout, stderr string
	result         verdict.Result
}

// bpflab runs the command, for `run` with its results.
func bpflab(t *testing.T, args ...string) outcome {
	t.Helper()
	cmd, out := prepared(t, args...)
	err := cmd.Run()
	return out(err)
}

func prepared(t *testing.T, args ...string) (*exec.Cmd, func(error) outcome) {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return preparedAs(t, []string{path}, args...)
}

// preparedAs prepares a run of a bpflab, before whose path another command may stand.
func preparedAs(t *testing.T, path []string, args ...string) (*exec.Cmd, func(error) outcome) {
	t.Helper()
	dir := t.TempDir()
	results := filepath.Join(dir, "r.json")
	if args[0] == "run" {
		args = append(args, "--json", results, "--dir", filepath.Join(dir, "results"))
	}
	cmd := exec.Command(path[0], append(path[1:len(path):len(path)], args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	return cmd, func(err error) outcome {
		t.Helper()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		o := outcome{code: cmd.ProcessState.ExitCode(), stdout: stdout.String(), stderr: stderr.String()}
		if raw, err := os.ReadFile(results); err == nil {
			if err := json.Unmarshal(raw, &o.result); err != nil {
				t.Errorf("results: %v", err)
			}
			fitsSchema(t, raw)
		}
		return o
	}
}

func (o outcome) want(t *testing.T, code int) {
	t.Helper()
	if o.code != code {
		t.Fatalf("exit code %d, want %d\n%s%s", o.code, code, o.stdout, o.stderr)
	}
}

// one returns the result's only cell.
func (o outcome) one(t *testing.T) verdict.Cell {
	t.Helper()
	if len(o.result.Cells) != 1 {
		t.Fatalf("%d cells, want one\n%s%s", len(o.result.Cells), o.stdout, o.stderr)
	}
	return o.result.Cells[0]
}

// document writes a lab of its own with these steps.
func document(t *testing.T, header, steps string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "lab.md")
	text := "---\ntitle: Test\nsummary: A lab for a test.\n" + header + "---\n\n# Test\n\n" + steps
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestLabsOnDefaultKernels(t *testing.T) {
	needVMs(t)
	o := bpflab(t, "run", "--all")
	o.want(t, verdict.ExitOK)
	if want := 4 * len(labs.Course); len(o.result.Cells) != want {
		t.Errorf("%d cells, want %d labs on 4 kernels", len(o.result.Cells), len(labs.Course))
	}
	if strings.Count(o.stderr, "4.19 is left out: "+noArchive+" did not answer") != 1 {
		t.Errorf("it does not say in one line that 4.19 is left out:\n%s", o.stderr)
	}
	digest := regexp.MustCompile(`^[0-9a-f]{64}$`)
	for _, c := range o.result.Cells {
		version := strings.TrimSuffix(c.Kernel.Selector, ".x")
		if c.Kernel.Release == "" || c.Kernel.Package == "" || c.Kernel.Version == "" || !digest.MatchString(c.Kernel.SHA256) {
			t.Errorf("%s on %s: the kernel is not named in full: %+v", c.Lab, version, c.Kernel)
		}
		if c.BootID == "" || c.StartKind == "" || len(c.Steps) == 0 || len(c.Attempts) == 0 {
			t.Errorf("%s on %s: %+v", c.Lab, version, c)
		}
		if h := c.Hypervisor; h == nil || h.Accelerator == "" || !strings.HasPrefix(h.Version, "QEMU ") || h.Binary == "" || h.Machine == "" || h.CPU == "" {
			t.Errorf("%s on %s: the hypervisor is %+v", c.Lab, version, h)
		}
		for _, a := range c.Attempts[:max(0, len(c.Attempts)-1)] {
			t.Logf("%s on %s was tried again after %s", c.Lab, version, a.Reason)
		}
	}
}

// TestLabsBefore52 uses whatever kernel before 5.2 somebody imported.
func TestLabsBefore52(t *testing.T) {
	needVMs(t)
	old := importedBefore52(t)
	if old == "" {
		t.Skip("NO KERNEL BEFORE 5.2: the cache has none; import one with `bpflab kernels import`, its name with 4.19 in it, and what labs say of such kernels is tested too")
	}
	o := bpflab(t, "run", "--all", "--kernel", old)
	o.want(t, verdict.ExitOK)
	limits := map[string]string{}
	for _, c := range o.result.Cells {
		for _, s := range c.Steps {
			limits[c.Lab+"/"+s.Name] = s.Seen
		}
	}
	for step, want := range map[string]string{
		"verifier-limits/4096-instructions-fit-everywhere": "straight line 4096 as root: accepted",
		"verifier-limits/one-instruction-more":             "straight line 4097 as root: rejected, E2BIG",
	} {
		if !strings.Contains(limits[step], want) {
			t.Errorf("%s: saw %q, want %q", step, limits[step], want)
		}
	}
}

// TestAttach attaches a program of each kind that no lab of the course uses,
// and reads a ring buffer.
func TestAttach(t *testing.T) {
	needVMs(t)
	o := bpflab(t, "run", "testdata/labs/attach", "--kernel", "5.10,latest")
	o.want(t, verdict.ExitOK)
	if len(o.result.Cells) != 2 {
		t.Errorf("%d cells, want 2", len(o.result.Cells))
	}
}

// TestStartersFail: what students begin with fails on every kernel that the lab claims,
// also before 5.2 if there is such a kernel.
func TestStartersFail(t *testing.T) {
	needVMs(t)
	kernels, old := "default", importedBefore52(t)
	if old != "" {
		kernels += "," + old
	}
	o := bpflab(t, "run", "--all", "--starter", "--kernel", kernels)
	o.want(t, verdict.ExitFail)
	failed := map[string]bool{}
	for _, c := range o.result.Cells {
		withStarter := c.Lab != "verifier-limits" // its programs are generated
		if c.Verdict == verdict.Unsupported && c.Kernel.Selector == old {
			continue // with its solution, too, which TestLabsBefore52 checks
		}
		if withStarter == (c.Verdict != verdict.Fail) {
			t.Errorf("%s on %s: %s %s", c.Lab, c.Kernel.Selector, c.Verdict, c.Reason)
		}
		failed[c.Lab] = true
	}
	if len(failed) != len(labs.Course) {
		t.Errorf("%d labs were run, of %d", len(failed), len(labs.Course))
	}
}

// importedBefore52 returns the selector of a kernel before 5.2 that somebody imported, ""
// if there is none.
func importedBefore52(t *testing.T) string {
	t.Helper()
	o := bpflab(t, "kernels", "list", "--json")
	o.want(t, verdict.ExitOK)
	name := regexp.MustCompile(`"(local:[^"]*4\.(?:9|1\d)[^"]*)"`).FindStringSubmatch(o.stdout)
	if name == nil {
		return ""
	}
	return name[1]
}

// TestBrokenCourse breaks three labs of a copy of the course, each in its own
// way: those fail, saying what was expected and seen, and the fourth passes.
func TestBrokenCourse(t *testing.T) {
	needVMs(t)
	dir := t.TempDir()
	for _, tree := range []string{"labs", "bpf"} {
		if err := os.CopyFS(filepath.Join(dir, tree), os.DirFS(filepath.Join("../..", tree))); err != nil {
			t.Fatal(err)
		}
	}
	breakFile(t, filepath.Join(dir, "labs/hello/lab.md"), "message: getdents64 called", "message: getdents64 was called")
	breakFile(t, filepath.Join(dir, "labs/map-counters/lab.md"), "sum: 20", "sum: 21")
	breakFile(t, filepath.Join(dir, "bpf/xdp-drop.bpf.c"), "return count(XDP_DROP)", "return count(XDP_PASS)")
	args := []string{"run", "--kernel", "6.1"}
	for _, name := range []string{"hello", "map-counters", "xdp-drop", "verifier-limits"} {
		args = append(args, filepath.Join(dir, "labs", name))
	}
	o := bpflab(t, args...)
	o.want(t, verdict.ExitFail)
	wants := map[string][2]string{
		"hello":        {"getdents64 was called", "0 such"},
		"map-counters": {"21", "sum 20"},
		"xdp-drop":     {"dropped", "100 received and 0"},
	}
	for _, c := range o.result.Cells {
		want, broken := wants[c.Lab]
		if broken != (c.Verdict == verdict.Fail) || !broken && c.Verdict != verdict.Pass {
			t.Errorf("%s: %s, %s", c.Lab, c.Verdict, c.Reason)
			continue
		}
		if !broken {
			continue
		}
		last := c.Steps[len(c.Steps)-1]
		if !strings.Contains(last.Expected, want[0]) || !strings.Contains(last.Seen, want[1]) {
			t.Errorf("%s: expected %q, seen %q; want them to hold %q", c.Lab, last.Expected, last.Seen, want)
		}
		if !strings.Contains(o.stdout, want[1]) {
			t.Errorf("%s: the output does not show what was seen:\n%s", c.Lab, o.stdout)
		}
	}
}

// breakFile replaces a text that must be there.
func breakFile(t *testing.T, file, old, new string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(text, []byte(old)) {
		t.Fatalf("%s has no %q", file, old)
	}
	if err := os.WriteFile(file, bytes.Replace(text, []byte(old), []byte(new), 1), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestBrokenLab changes a copy of a lab so that it is wrong, on one of two kernels.
func TestBrokenLab(t *testing.T) {
	needVMs(t)
	steps := "## Count\n\n```sh\nls /\n```\n\n<!-- bpflab\nchecks:\n  - when: \">=6.0\"\n    stdout:\n      contains: no such folder\n-->\n"
	o := bpflab(t, "run", document(t, "", steps), "--kernel", "5.10,6.1")
	o.want(t, verdict.ExitFail)
	verdicts := map[string]verdict.Cell{}
	for _, c := range o.result.Cells {
		verdicts[c.Kernel.Selector] = c
	}
	if v := verdicts["5.10"].Verdict; v != verdict.Pass {
		t.Errorf("5.10: %s, want pass", v)
	}
	bad := verdicts["6.1"]
	if bad.Verdict != verdict.Fail || len(bad.Steps) != 1 {
		t.Fatalf("6.1: %+v", bad)
	}
	if s := bad.Steps[0]; !strings.Contains(s.Expected, "no such folder") || !strings.Contains(s.Seen, "proc") {
		t.Errorf("expected %q, seen %q", s.Expected, s.Seen)
	}
	if !strings.Contains(o.stdout, "no such folder") || !strings.Contains(o.stdout, "proc") {
		t.Errorf("the terminal does not show expected and seen:\n%s", o.stdout)
	}
}

// printWarning puts a WARN into the kernel's log, in the kernel's exact form.
const printWarning = `for line in '------------[ cut here ]------------' 'WARNING: CPU: 0 PID: 60 at net/core/dev.c:1 f+0x1/0x2' 'Modules linked in:' '---[ end trace 0000000000000000 ]---'; do echo "<4>$line" >/dev/kmsg; done`

func TestMachineFaults(t *testing.T) {
	needVMs(t)
	for _, tt := range []struct {
		name, header, run string
		code              int
		want              verdict.Verdict
		reason            string
	}{
		{"panic while the lab runs", "", "echo c > /proc/sysrq-trigger", verdict.ExitFail, verdict.Fail, "panic"},
		{"a step without end", "timeout: 2s\n", "sleep 1000", verdict.ExitFail, verdict.Timeout, "do"},
		{"power-off while the lab runs", "", "poweroff -f", verdict.ExitFail, verdict.Fail, ""},
		{"the agent is killed", "", "kill -SEGV 1; sleep 20", verdict.ExitFail, verdict.Fail, "panic"},
		{"a kernel warning", "", printWarning, verdict.ExitFail, verdict.Fail, "WARNING: CPU: 0 PID: 60 at net/core/dev.c:1"},
		{"a kernel warning that is allowed", "allow_splat: ['net/core/dev\\.c:1']\n", printWarning, verdict.ExitOK, verdict.Pass, ""},
		{"a need the kernel lacks", "needs:\n  - config: CONFIG_BPFLAB_NONSENSE\n", "ls /", verdict.ExitOK, verdict.Unsupported, "CONFIG_BPFLAB_NONSENSE"},
		{"a need it should have", "needs:\n  - config: CONFIG_BPFLAB_NONSENSE\n    since: \"5.0\"\n", "ls /", verdict.ExitFail, verdict.Fail, "CONFIG_BPFLAB_NONSENSE"},
		{"a flooded console", "", "yes flood | head -c 2000000 > /dev/console", verdict.ExitOK, verdict.Pass, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := document(t, tt.header, "## Do\n\n```sh\n"+tt.run+"\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n")
			o := bpflab(t, "run", file, "--kernel", "5.10", "--retries", "0")
			o.want(t, tt.code)
			c := o.one(t)
			if c.Verdict != tt.want || !strings.Contains(c.Reason, tt.reason) {
				t.Errorf("%s, %q; want %s with %q", c.Verdict, c.Reason, tt.want, tt.reason)
			}
			if strings.HasPrefix(tt.name, "panic") && !strings.Contains(c.Splat, "Kernel panic") && !strings.Contains(c.Splat, "sysrq") {
				t.Errorf("the splat is not reported: %q", c.Splat)
			}
		})
	}
}

// TestPanicAtBoot gives the kernel an init that is not there.
func TestPanicAtBoot(t *testing.T) {
	needVMs(t)
	qemu, err := exec.LookPath("qemu-system-x86_64")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	wrapper := "#!/bin/sh\ncase \" $* \" in *' -kernel '*) set -- \"$@\" -append 'console=ttyS0 panic=-1 rdinit=/none' ;; esac\nexec " + qemu + " \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "qemu-system-x86_64"), []byte(wrapper), 0o755); err != nil {
		t.Fatal(err)
	}
	// 192 MiB is no other lab's memory, so there is no template of another test
	file := document(t, "memory: 192MiB\n", "## Do\n\n```sh\nls /\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n")
	for _, cold := range []string{"--cold=false", "--cold"} {
		args := []string{"run", file, "--kernel", "5.10", "--retries", "0", cold}
		cmd, out := prepared(t, args...)
		cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"))
		o := out(cmd.Run())
		o.want(t, verdict.ExitInfra)
		c := o.one(t)
		if c.Verdict != verdict.Infra || !strings.Contains(c.Reason, "panic") || !strings.Contains(c.Splat, "Kernel panic") || c.Console == "" {
			t.Errorf("%s: %s, %q, console %q, splat\n%s", args, c.Verdict, c.Reason, c.Console, c.Splat)
		}
	}
}

// endless returns a lab that is not done before it is interrupted.
func endless(t *testing.T) string {
	t.Helper()
	return document(t, "", "## Do\n\n```sh\nsleep 1000\n```\n\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n")
}

// TestInterrupt presses Ctrl-C at several moments of a run: nothing is left.
func TestInterrupt(t *testing.T) {
	needVMs(t)
	for _, after := range []time.Duration{0, 700 * time.Millisecond, 2500 * time.Millisecond} {
		t.Run(after.String(), func(t *testing.T) {
			cmd, out := prepared(t, "run", endless(t), "--kernel", "6.1,6.12")
			results := cmd.Args[len(cmd.Args)-1]
			tmp := t.TempDir()
			cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			awaitDir(t, results) // before main's first lines a signal ends it, as any program
			time.Sleep(after)
			cmd.Process.Signal(syscall.SIGINT)
			o := out(cmd.Wait())
			if o.code != verdict.ExitInfra {
				t.Errorf("exit code %d, want %d\n%s%s", o.code, verdict.ExitInfra, o.stdout, o.stderr)
			}
			noneLeft(t, cmd.Process.Pid, tmp)
		})
	}
}

// awaitDir waits until a process has made a directory.
func awaitDir(t *testing.T, dir string) {
	t.Helper()
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); time.Sleep(5 * time.Millisecond) {
		if _, err := os.Stat(dir); err == nil {
			return
		}
	}
	t.Fatalf("no directory %s", dir)
}

// noneLeft looks for machines of the run and for temporary files.
func noneLeft(t *testing.T, pid int, tmp string) {
	t.Helper()
	if left := orphans(t); len(left) > 0 {
		t.Errorf("machines left after pid %d: %v", pid, left)
	}
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) > 0 {
		t.Errorf("left in the temporary directory: %v, %v", left, err)
	}
}

// orphans returns the machines of bpflab's whose parent is not a bpflab.
func orphans(t *testing.T) []string {
	t.Helper()
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil || len(lines) == 0 {
		t.Fatalf("no processes in /proc: %v", err)
	}
	var out []string
	for _, file := range lines {
		cmdline, _ := os.ReadFile(file)
		status, _ := os.ReadFile(filepath.Join(filepath.Dir(file), "status"))
		if !bytes.Contains(cmdline, []byte("name=bpflab")) {
			continue
		}
		parent := regexp.MustCompile(`(?m)^PPid:\s+(\d+)$`).FindSubmatch(status)
		if parent == nil {
			continue // it has just ended
		}
		name, _ := os.ReadFile("/proc/" + string(parent[1]) + "/comm")
		if comm := strings.TrimSpace(string(name)); !strings.HasPrefix(comm, "bpflab") && !strings.HasSuffix(comm, ".test") {
			out = append(out, filepath.Dir(file)+" of "+comm)
		}
	}
	return out
}

// TestKilled kills a run without warning: its machines die with it.
func TestKilled(t *testing.T) {
	needVMs(t)
	cmd, out := prepared(t, "run", endless(t), "--kernel", "6.1,6.12")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(1500 * time.Millisecond)
	cmd.Process.Kill()
	out(cmd.Wait())
	for range 50 {
		if len(orphans(t)) == 0 {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Error("a machine outlived its killed parent by 5 seconds")
}

// TestHang stops the machine in the middle of a step: it is alive and silent,
// which is distinguished from a panic.
func TestHang(t *testing.T) {
	needVMs(t)
	cmd, out := prepared(t, "run", endless(t), "--kernel", "5.10", "--retries", "0")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(4 * time.Second) // it has booted and sleeps
	machine := machineOf(t, cmd.Process.Pid)
	if err := syscall.Kill(machine, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	o := out(cmd.Wait())
	o.want(t, verdict.ExitInfra)
	if c := o.one(t); !strings.Contains(c.Reason, "hangs") {
		t.Errorf("%s, %q; want infra that says that the machine hangs", c.Verdict, c.Reason)
	}
	if err := syscall.Kill(machine, 0); err == nil {
		t.Errorf("machine %d is still there", machine)
	}
}

// machineOf returns the machine that the process pid has started.
func machineOf(t *testing.T, pid int) int {
	t.Helper()
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, list := range lists {
		text, _ := os.ReadFile(list)
		for _, id := range strings.Fields(string(text)) {
			cmdline, _ := os.ReadFile("/proc/" + id + "/cmdline")
			if n, err := strconv.Atoi(id); err == nil && bytes.Contains(cmdline, []byte("name=bpflab")) {
				return n
			}
		}
	}
	t.Fatalf("process %d has no machine", pid)
	return 0
}

// TestTwoAtOnce runs two processes on one cache of objects and initramfs
// that is empty for both.
func TestTwoAtOnce(t *testing.T) {
	needVMs(t)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			bpflab(t, "run", "hello", "--kernel", "6.1").want(t, verdict.ExitOK)
		})
	}
	wg.Wait()
}
