//go:build linux && amd64

package forkserver

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// waiter counts to a number, waits for a line on descriptor 4, and answers on 5.
const waiter = `my $n = 0; $n += $_ for 1..1000;
vec(my $wanted, 4, 1) = 1; my $ready;
select($ready = $wanted, undef, undef, undef) until $ready;
open(my $in, "<&=", 4); open(my $out, ">&=", 5); sysread($in, my $line, 100);
syswrite($out, "$n $line"); print STDERR "said"; exit 7`

// freeze returns a zygote of perl in the midst of waiter, with the process it was, and skips
// where there is none.
func freeze(t *testing.T) (*Zygote, *Process) {
	t.Helper()
	path, err := exec.LookPath("perl")
	if err != nil {
		t.Skip("there is no perl")
	}
	if path, err = filepath.EvalSymlinks(path); err != nil {
		t.Fatal(err)
	}
	s, err := New(path, os.Environ())
	if errors.Is(err, syscall.EPERM) {
		t.Skip("this process may trace no other:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "ours"), os.NewFile(uintptr(fds[1]), "theirs")
	defer theirs.Close()
	in, out := pipe(t)
	t.Cleanup(func() { out.Close() }) // nothing comes
	p, err := s.Start([]string{"perl", "-e", waiter}, []*os.File{theirs, in, in}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	for until := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		z, err := p.Freeze(3, ours)
		if err == nil && z.first.general.Rip != 0 {
			return z, p
		}
		if !errors.Is(err, ErrBusy) || time.Now().After(until) {
			t.Fatal(err)
		}
	}
}

// ask has a copy answer a line, and returns that, what it wrote to its standard error, and how
// it ended.
func ask(z *Zygote, line string) (answer, said string, err error) {
	var ends [6]*os.File
	for i := 0; i < len(ends); i += 2 {
		if ends[i], ends[i+1], err = os.Pipe(); err != nil {
			return "", "", err
		}
		defer ends[i].Close()
	}
	fmt.Fprint(ends[1], line)
	p, err := z.Copy(map[int]*os.File{4: ends[0], 5: ends[3], 2: ends[5]})
	for _, i := range []int{1, 3, 5} {
		ends[i].Close()
	}
	if err != nil {
		return "", "", err
	}
	text, err := io.ReadAll(ends[2])
	more, err2 := io.ReadAll(ends[4])
	return string(text), string(more), errors.Join(err, err2, p.Wait())
}

func TestCopiesOfAZygote(t *testing.T) {
	z, p := freeze(t)
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			line := fmt.Sprint("line ", i)
			answer, said, err := ask(z, line)
			var exit *exec.ExitError
			if answer != "500500 "+line || said != "said" || !errors.As(err, &exit) || exit.ExitCode() != 7 {
				t.Errorf("%q, %q, %v", answer, said, err)
			}
		})
	}
	all.Wait()
	z.Close()
	if err := p.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("the zygote ended with %v", err)
	}
	if _, _, err := ask(z, "after its end"); err == nil {
		t.Error("a closed zygote was copied")
	}
}

func TestCopiesOutliveTheirZygote(t *testing.T) {
	z, p := freeze(t)
	in, out := pipe(t)
	defer out.Close()
	c, err := z.Copy(map[int]*os.File{4: in, 5: os.Stderr})
	if err != nil {
		t.Fatal(err)
	}
	z.Close()
	p.Wait()
	if group, err := syscall.Getpgid(c.Pid); err != nil || group != c.Pid {
		t.Errorf("process %d is in group %d, %v", c.Pid, group, err)
	}
	if err := syscall.Kill(c.Pid, syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	if err := c.Wait(); err == nil || !strings.Contains(err.Error(), "terminated") {
		t.Errorf("it ended with %v", err)
	}
}

// TestBusyProcess has a process that never waits, and goes on.
func TestBusyProcess(t *testing.T) {
	s := hold(t)
	r, w := pipe(t)
	p, err := s.Start([]string{"sh", "-c", `i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo done >&2`}, nil, w)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := p.Freeze(3, os.Stderr); !errors.Is(err, ErrBusy) {
			t.Errorf("error %v, want %v", err, ErrBusy)
		}
	}
	if text, err := io.ReadAll(r); err != nil || string(text) != "done\n" {
		t.Errorf("%q, %v", text, err)
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
}

func TestWhatCopiesCannotHave(t *testing.T) {
	event, err := unix.Eventfd(27, unix.EFD_NONBLOCK|unix.EFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	timer, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sleep", "1000")
	cmd.ExtraFiles = []*os.File{os.NewFile(uintptr(event), "event"), os.NewFile(uintptr(timer), "timer")}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer cmd.Wait()
	defer cmd.Process.Kill()
	if _, err := eventFiles(cmd.Process.Pid); err == nil || !strings.Contains(err.Error(), "descriptor 4 is of the kind [timerfd]") {
		t.Errorf("error %v, want one that names the timer", err)
	}
	info, err := os.ReadFile(fmt.Sprintf("/proc/%d/fdinfo/3", cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	if e, err := parseEventFile("3", string(info)); err != nil || e != (eventFile{3, unix.O_NONBLOCK, 27}) {
		t.Errorf("%+v, %v", e, err)
	}
}

func TestKeptBack(t *testing.T) {
	got := keptBack("7f0000000000-7f0000002000 rw-p 00000000 00:00 0 \nSize:   8 kB\nVmFlags: rd wr mr mw me ac \n" +
		"7f0000004000-7f0000009000 rw-p 00000000 00:00 0 /memfd:x y (deleted)\nSize:   20 kB\nVmFlags: rd wr mr dc \n")
	if len(got) != 1 || got[0] != [2]uint64{0x7f0000004000, 0x7f0000009000} {
		t.Errorf("%x", got)
	}
}

// TestCopiesHaveNumbersOfTheirOwn looks where the C library keeps the number of the first thread.
func TestCopiesHaveNumbersOfTheirOwn(t *testing.T) {
	s := hold(t)
	in, out := pipe(t)
	p, err := s.Start([]string{"shell", "-c", "read line <&3"}, []*os.File{in}, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	hasNumber(t, s.held.id, p)
	out.Close()
	p.Wait()

	z, frozen := freeze(t)
	waits, lines := pipe(t)
	if p, err = z.Copy(map[int]*os.File{4: waits, 5: os.Stderr}); err != nil {
		t.Fatal(err)
	}
	hasNumber(t, z.held.id, p)
	lines.Close()
	p.Wait()
	z.Close()
	frozen.Wait()
}

func hasNumber(t *testing.T, id threadID, p *Process) {
	t.Helper()
	var word [4]byte
	n, err := tracee{p.Pid}.read(id.number, word[:])
	if err != nil || n != len(word) || !(tracee{p.Pid}).isNumber(word[:]) {
		t.Errorf("process %d has %v at %+v: %d bytes, %v", p.Pid, word, id, n, err)
	}
}
