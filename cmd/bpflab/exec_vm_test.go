package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// defaultSeries are the kernels of --kernel default.
var defaultSeries = []string{"6.1", "5.10", "6.12", "latest"}

func dynamicC(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "dynamic")
	if out, err := exec.Command("cc", "-O0", "-fno-builtin", "-o", program, filepath.Join("testdata", "exec", "dynamic.c"), "-lm").CombinedOutput(); err != nil {
		clang, _ := exec.LookPath("clang")
		if out2, err := exec.Command(clang, "-O0", "-fno-builtin", "-o", program, filepath.Join("testdata", "exec", "dynamic.c"), "-lm").CombinedOutput(); err != nil {
			t.Skipf("no C compiler that links: %s%s", out, out2)
		}
	}
	return program
}

// executed runs bpflab exec with an input.
func executed(t *testing.T, input string, args ...string) outcome {
	t.Helper()
	cmd, out := prepared(t, append([]string{"exec"}, args...)...)
	cmd.Stdin = strings.NewReader(input)
	return out(cmd.Run())
}

func TestExecStreamsAndStatus(t *testing.T) {
	needVMs(t)
	artifacts := filepath.Join(t.TempDir(), "artifacts")
	o := executed(t, "input\n", "--kernel", "6.1", "--artifacts", artifacts, "--", "./testdata/exec/script.sh", "42", "word")
	o.want(t, 42)
	if !strings.HasPrefix(o.stdout, "out input 6.1.") || o.stderr != "err word\n" {
		t.Errorf("stdout %q, stderr %q", o.stdout, o.stderr)
	}
	if kept, err := os.ReadFile(filepath.Join(artifacts, "kept.txt")); string(kept) != "kept\n" {
		t.Errorf("artifact: %q, %v", kept, err)
	}
}

func TestExecOnAllDefaultKernels(t *testing.T) {
	needVMs(t)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		argv []string
		says string
		code int
	}{
		"script":       {[]string{"./testdata/exec/script.sh", "0", "word"}, "| out input ", 0},
		"failing":      {[]string{"./testdata/exec/script.sh", "1", "word"}, "| out input ", 1},
		"static Go":    {[]string{path, "labs"}, "| hello ", 0},
		"dynamic C":    {[]string{dynamicC(t)}, "| cos 1.0", 0},
		"dynamic 42":   {[]string{dynamicC(t), "42"}, "exit status 42", 1},
		"takes memory": {[]string{dynamicC(t), "memory"}, "killed by SIGKILL; the kernel killed a process for want of memory", 1},
		"dynamic dies": {[]string{dynamicC(t), "signal", "11"}, "killed by SIGSEGV", 1},
	} {
		t.Run(name, func(t *testing.T) {
			o := executed(t, "input\n", append([]string{"--"}, test.argv...)...)
			o.want(t, test.code)
			for _, series := range defaultSeries {
				if !strings.Contains(lines(o.stdout+o.stderr, series), strings.TrimPrefix(test.says, "| ")) {
					t.Errorf("%s: no %q in\n%s%s", series, test.says, o.stdout, o.stderr)
				}
			}
		})
	}
}

// lines returns the lines that name a kernel.
func lines(text, kernel string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, kernel+" ") || strings.Contains(line, " on "+kernel+":") {
			b.WriteString(line)
		}
	}
	return b.String()
}

func TestExecSignalsAndCores(t *testing.T) {
	needVMs(t)
	dir := t.TempDir()
	o := executed(t, "", "--kernel", "6.1", "--dir", dir, "--", dynamicC(t), "signal", "11")
	o.want(t, 128+11)
	cores, _ := filepath.Glob(filepath.Join(dir, "cores", "6.1", "core.dynamic.*"))
	if len(cores) != 1 {
		t.Errorf("cores: %v", cores)
	}
	if _, err := os.Stat(filepath.Join(dir, "cores", "6.1", "dynamic")); err != nil {
		t.Errorf("the binary is not beside its core: %v", err)
	}
	cmd, out := prepared(t, "exec", "--kernel", "6.1", "--", "sh", "-c", `trap "echo got it; exit 9" TERM; echo ready; while :; do sleep 0.1; done`)
	cmd.Stdout = &signaller{at: "ready", send: func() { cmd.Process.Signal(syscall.SIGTERM) }}
	out(cmd.Run()).want(t, 9)
}

// signaller does something when it reads a word.
type signaller struct {
	read bytes.Buffer
	at   string
	send func()
}

func (s *signaller) Write(p []byte) (int, error) {
	n, err := s.read.Write(p)
	if strings.Contains(s.read.String(), s.at) && s.send != nil {
		s.send()
		s.send = nil
	}
	return n, err
}

func TestExecOutputIsWholeAndInOrder(t *testing.T) {
	needVMs(t)
	const script = `dd if=/dev/urandom of=/tmp/x bs=1M count=64 2>/dev/null; sha256sum </tmp/x >&2; cat /tmp/x`
	o := executed(t, "", "--kernel", "6.1", "--mem", "512M", "--", "sh", "-c", script)
	o.want(t, verdict.ExitOK)
	if len(o.stdout) != 64<<20 || !strings.Contains(o.stderr, fmt.Sprintf("%x", sha256.Sum256([]byte(o.stdout)))) {
		t.Errorf("%d bytes, digest %x, want %s", len(o.stdout), sha256.Sum256([]byte(o.stdout)), o.stderr)
	}
}

func TestExecBadInput(t *testing.T) {
	needVMs(t)
	huge := filepath.Join(t.TempDir(), "huge")
	if err := os.WriteFile(huge, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(huge, 2<<30); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		args []string
		code int
		says []string
	}{
		"no such command":    {[]string{"--", "nosuch"}, 127, []string{"nosuch", "not found"}},
		"a line for a shell": {[]string{"--", "ls | wc"}, 127, []string{"not found", "sh -c 'ls | wc'"}},
		"no such file":       {[]string{"--", "./nosuch"}, verdict.ExitUsage, []string{"./nosuch", "no such file"}},
		"no program":         {[]string{"--", "./testdata/exec/dynamic.c"}, 126, []string{"dynamic.c"}},
		"huge file":          {[]string{"--copy", huge, "--", "true"}, verdict.ExitUsage, []string{huge, "2048 MiB", "--mem"}},
		"copy of nothing":    {[]string{"--copy", "/nosuch", "--", "true"}, verdict.ExitUsage, []string{"--copy /nosuch", "no such file"}},
		"copy of the kernel": {[]string{"--copy", "/proc", "--", "true"}, verdict.ExitUsage, []string{"/proc", "of its own"}},
		"bad environment":    {[]string{"--env", "=x", "--", "true"}, verdict.ExitUsage, []string{"--env =x"}},
		"unset environment":  {[]string{"--env", "BPFLAB_NOT_SET", "--", "true"}, verdict.ExitUsage, []string{"no such variable"}},
		"hangs":              {[]string{"--timeout", "1s", "--", "sleep", "1000"}, 124, []string{"timed out"}},
		"panics the kernel":  {[]string{"--", "sh", "-c", "echo c >/proc/sysrq-trigger"}, 1, []string{"Kernel panic", "the machine died"}},
		"reboots":            {[]string{"--", "reboot", "-f"}, 1, []string{"powered off or rebooted"}},
		"closes its output":  {[]string{"--", "sh", "-c", "exec >&- 2>&-; exit 5"}, 5, nil},
		"fills the disk":     {[]string{"--", "dd", "if=/dev/zero", "of=/tmp/full", "bs=1M"}, 1, []string{"No space left"}},
		"forks without end":  {[]string{"--timeout", "8s", "--", "sh", "-c", "f() { f | f & }; f; sleep 1000"}, 124, []string{"timed out"}},
		"link out":           {[]string{"--artifacts", filepath.Join(t.TempDir(), "a"), "--", "ln", "-s", "/etc/passwd", "/tmp/artifacts/out"}, verdict.ExitInfra, []string{"leads out of the directory"}},
		"rootfs of nothing":  {[]string{"--rootfs", "/nosuch", "--", "true"}, verdict.ExitUsage, []string{"--rootfs /nosuch"}},
		"no such release":    {[]string{"--rootfs", "debian:woody", "--", "true"}, verdict.ExitUsage, []string{"woody", "bookworm"}},
	} {
		t.Run(name, func(t *testing.T) {
			o := executed(t, "", append([]string{"--kernel", "6.1"}, test.args...)...)
			o.want(t, test.code)
			for _, s := range test.says {
				if !strings.Contains(o.stderr, s) {
					t.Errorf("no %q in:\n%s", s, o.stderr)
				}
			}
		})
	}
}

func TestExecRootfs(t *testing.T) {
	needVMs(t)
	dir := t.TempDir()
	file := filepath.Join(dir, "root", "bin", "tool")
	os.MkdirAll(filepath.Dir(file), 0o755)
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	program, _ := os.ReadFile(path)
	if err := os.WriteFile(file, program, 0o755); err != nil {
		t.Fatal(err)
	}
	archive := filepath.Join(dir, "root.tar.gz")
	if out, err := exec.Command("tar", "-C", filepath.Join(dir, "root"), "-czf", archive, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v %s", err, out)
	}
	for _, root := range []string{filepath.Join(dir, "root"), archive} {
		o := executed(t, "", "--kernel", "6.1", "--rootfs", root, "--", "tool", "--version")
		o.want(t, verdict.ExitOK)
		if !strings.Contains(o.stdout, "bpflab version") {
			t.Errorf("%s: %s", root, o.stdout)
		}
	}
}

// A root directory is a mount, so that what runs there can have mounts of its own, and has
// the kernel's configuration, which libbpf reads.
func TestExecRootfsIsARoot(t *testing.T) {
	needVMs(t)
	const script = "b=/bin/busybox; $b test -s /boot/config-$($b uname -r) && $b mount --make-rslave / && $b unshare -m $b mount -t tmpfs own /tmp && $b echo whole"
	o := executed(t, "", "--kernel", "6.1", "--rootfs", busyboxTar(t), "--", "/bin/busybox", "sh", "-c", script)
	o.want(t, verdict.ExitOK)
	if o.stdout != "whole\n" {
		t.Errorf("%q\n%s", o.stdout, o.stderr)
	}
}

// Python and BCC, with the headers of the kernel, in a userland of Debian's.
func TestExecBCC(t *testing.T) {
	needVMs(t)
	o := executed(t, "", "--kernel", "6.1", "--rootfs", "debian:bookworm+python3-bpfcc+linux-headers", "--", "python3", "testdata/exec/hello_bcc.py")
	o.want(t, verdict.ExitOK)
	if o.stdout != "ls a directory is read\n" {
		t.Errorf("%q\n%s", o.stdout, o.stderr)
	}
}
