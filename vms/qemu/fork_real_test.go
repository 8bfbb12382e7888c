//go:build linux

package qemu

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

func isFork(t *testing.T, a answering) {
	t.Helper()
	if a.Info().StartKind != "fork" || len(a.Info().Notes) != 0 {
		t.Errorf("a %s with the notes %q, want a fork without any", a.Info().StartKind, a.Info().Notes)
	}
}

// startStandby starts a machine that has waited in a standby, after it was used there.
func startStandby(t *testing.T, p *Provider, spec vms.Spec, w wire.Resume) answering {
	t.Helper()
	client := standingBy(t, p, func(ctx context.Context, c *wire.Client) error {
		var res wire.ExecResult
		line := "hostname; cat /etc/machine-id /proc/sys/kernel/random/boot_id; head -c 8 /dev/urandom; date"
		err := c.Call(ctx, wire.OpExec, wire.Exec{Argv: []string{"sh", "-c", line}}, &res, wire.IO{Stdout: io.Discard, Stderr: io.Discard})
		if err == nil && res.Exit != 0 {
			err = fmt.Errorf("exit %d: %s", res.Exit, res.Error)
		}
		return err
	})
	borrower := New(p.options)
	borrower.options.Standby = client
	awaitMachine(t, borrower, client, spec)
	m := startAs(t, borrower, spec, w)
	if m.Info().StartKind != "standby" {
		t.Errorf("a %s, want a machine of the standby", m.Info().StartKind)
	}
	return m
}

// startSeveral starts forks, machines that have waited in a standby, and copies of a zygote, each with
// an identity of its own.
func startSeveral(t *testing.T, p *Provider, spec vms.Spec) (forks []answering, resumes []wire.Resume) {
	t.Helper()
	later := wire.NewResume()
	later.Time = time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, w := range []wire.Resume{wire.NewResume(), wire.NewResume(), later} {
		f := startAs(t, p, spec, w)
		isFork(t, f)
		forks, resumes = append(forks, f), append(resumes, w)
	}
	for range 2 { // which had another identity meanwhile
		w := wire.NewResume()
		w.Time = later.Time.Add(time.Hour)
		forks, resumes = append(forks, startStandby(t, p, spec, w)), append(resumes, w)
	}
	rehearsing := New(p.options)
	rehearsing.options.Rehearse = rehearsal
	spec.Alike = worthwhile
	for range 3 {
		w := wire.NewResume()
		w.Time = later.Time.Add(-time.Hour)
		f := startAs(t, rehearsing, spec, w)
		isFork(t, f)
		isCopied(t, f)
		forks, resumes = append(forks, f), append(resumes, w)
	}
	return forks, resumes
}

// haveTheirClocks compares the machines' clocks with what they were resumed with.
func haveTheirClocks(t *testing.T, forks []answering, resumes []wire.Resume) {
	t.Helper()
	for i, f := range forks {
		now, err := strconv.ParseInt(strings.TrimSpace(f.sh(t, "date +%s")), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		// the test itself may take its time, but no hour
		if late := now - resumes[i].Time.Unix(); late < 0 || late > 3600 {
			t.Errorf("a clock that was set to %v says %v", resumes[i].Time, time.Unix(now, 0))
		}
	}
}

// haveTheirNames compares the machines' names with what they were resumed with.
func haveTheirNames(t *testing.T, forks []answering, resumes []wire.Resume) {
	t.Helper()
	for i, f := range forks {
		got := f.sh(t, "hostname; cat /etc/hostname /etc/machine-id /proc/sys/kernel/random/boot_id")
		want := fmt.Sprintf("%s\n%[1]s\n%s\n%s\n", resumes[i].Hostname(), resumes[i].MachineID(), f.ready.BootID)
		if got != want {
			t.Errorf("names\n%swant\n%s", got, want)
		}
	}
}

func TestForksAreMachinesOfTheirOwn(t *testing.T) {
	spec := vmstest.RealSpec(t)
	p := New(Options{Cache: t.TempDir()})
	forks, resumes := startSeveral(t, p, spec)
	t.Run("all differ in what is random", func(t *testing.T) {
		for _, line := range []string{
			"cat /proc/sys/kernel/random/boot_id",
			"head -c 32 /dev/urandom | sha256sum",
			"cat /proc/sys/kernel/random/uuid",
			"cat /etc/machine-id",
			"hostname",
		} {
			seen := map[string]bool{}
			for _, f := range forks {
				seen[f.sh(t, line)] = true
			}
			if len(seen) != len(forks) {
				t.Errorf("%s: %d different answers of %d forks", line, len(seen), len(forks))
			}
		}
	})
	t.Run("names", func(t *testing.T) { haveTheirNames(t, forks, resumes) })
	t.Run("clocks", func(t *testing.T) { haveTheirClocks(t, forks, resumes) })
	t.Run("monotonic time goes on", func(t *testing.T) {
		for _, f := range forks {
			var up float64
			fmt.Sscan(f.sh(t, "cat /proc/uptime"), &up)
			if f.ready.Uptime <= 0 || up < f.ready.Uptime {
				t.Errorf("up for %v s, and for %v s a moment later", f.ready.Uptime, up)
			}
		}
	})
	t.Run("state is not shared", func(t *testing.T) {
		forks[0].sh(t, "echo mine >/tmp/mark; echo mine >/etc/mark; sysctl -w kernel.panic=77; mount -t tmpfs none /mnt; head -c 20000000 /dev/urandom >/mnt/much")
		after := start(t, p, spec)
		isFork(t, after)
		for _, other := range []answering{forks[1], forks[len(forks)-1], after} {
			got := other.sh(t, "ls /tmp /mnt; cat /etc/mark 2>/dev/null; sysctl -n kernel.panic")
			if got != "/mnt:\n\n/tmp:\n-1\n" {
				t.Errorf("another fork sees\n%s", got)
			}
		}
	})
	t.Run("template is as it was", func(t *testing.T) {
		store := Templates(p.options.Cache)
		all, err := store.List()
		if err != nil || len(all) != 1 {
			t.Fatalf("%d templates, error %v", len(all), err)
		}
		saved, err := store.Open(all[0].Key)
		if err != nil {
			t.Fatal(err)
		}
		defer saved.Close()
		if err := saved.Verify(); err != nil {
			t.Error(err)
		}
	})
}

// onlyTemplate returns the directory of a provider's one template.
func onlyTemplate(t *testing.T, p *Provider) string {
	t.Helper()
	all, err := p.templates.List()
	if err != nil || len(all) != 1 {
		t.Fatalf("%d templates, error %v, want one", len(all), err)
	}
	return filepath.Join(p.templates.Dir(), all[0].Key)
}

// overwrite changes a byte in the middle of a file.
func overwrite(t *testing.T, file string) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, info.Size()/2); err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{b[0] ^ 0x80}, info.Size()/2); err != nil {
		t.Fatal(err)
	}
}

// forge saves a template of the key of another state, which is therefore whole.
func forge(t *testing.T, p *Provider, dir string) {
	t.Helper()
	old, err := p.templates.Open(filepath.Base(dir))
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	state := filepath.Join(t.TempDir(), "state")
	if err := os.WriteFile(state, []byte(strings.Repeat("no state at all ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(state)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := p.templates.Save(t.Context(), filepath.Base(dir), old.About, old.Memory, f); err != nil {
		t.Fatal(err)
	}
}

func TestTemplateThatIsNoGood(t *testing.T) {
	spec := vmstest.RealSpec(t)
	cache := t.TempDir()
	start(t, New(Options{Cache: cache}), spec)
	for _, test := range []struct {
		name   string
		damage func(t *testing.T, p *Provider, dir string)
		want   string // in the note
	}{
		{"memory cut short", func(t *testing.T, _ *Provider, dir string) {
			if err := os.Truncate(filepath.Join(dir, "memory"), 1<<20); err != nil {
				t.Fatal(err)
			}
		}, fmt.Sprintf("1048576 bytes, want %d", vmstest.RealMemory)},
		{"memory changed", func(t *testing.T, _ *Provider, dir string) { overwrite(t, filepath.Join(dir, "memory")) }, "checksum"},
		{"state changed", func(t *testing.T, _ *Provider, dir string) { overwrite(t, filepath.Join(dir, "state")) }, "checksum"},
		{"no state", func(t *testing.T, _ *Provider, dir string) {
			if err := os.Remove(filepath.Join(dir, "state")); err != nil {
				t.Fatal(err)
			}
		}, "no such file"},
		{"manifest gone", func(t *testing.T, _ *Provider, dir string) {
			if err := os.WriteFile(filepath.Join(dir, "template.json"), nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "EOF"},
		{"a state that QEMU does not take", forge, "qemu-system-x86_64: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := New(Options{Cache: cache}) // one that has not verified yet
			dir := onlyTemplate(t, p)
			test.damage(t, p, dir)
			m := start(t, p, spec)
			notes := strings.Join(m.Info().Notes, "\n")
			if m.Info().StartKind != "fork" || !strings.Contains(notes, "it is made again") || !strings.Contains(notes, test.want) {
				t.Errorf("a %s with the notes %q, want a fork of a new template and %q", m.Info().StartKind, notes, test.want)
			}
			isFork(t, start(t, New(Options{Cache: cache}), spec))
		})
	}
}

func TestRejectedTemplateIsMadeAgain(t *testing.T) {
	spec := vmstest.RealSpec(t)
	p := New(Options{Cache: t.TempDir()})
	start(t, p, spec).Reject()
	if all, err := p.templates.List(); err != nil || len(all) != 0 {
		t.Errorf("%d templates after it was rejected, error %v", len(all), err)
	}
	isFork(t, start(t, p, spec))
}

func TestWhereNoTemplateCanBeSaved(t *testing.T) {
	spec := vmstest.RealSpec(t)
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, dir string)
		want    string
	}{
		{"a full disk", func(t *testing.T, dir string) {
			if err := os.MkdirAll(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := unix.Mount("small", dir, "tmpfs", 0, "size=1m"); err != nil {
				t.Skipf("cannot mount a small file system here: %v", err)
			}
			t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
		}, "no space left"},
		{"a file in its place", func(t *testing.T, dir string) {
			if err := os.WriteFile(dir, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "not a directory"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := New(Options{Cache: t.TempDir()})
			test.prepare(t, p.templates.Dir())
			m := start(t, p, spec)
			notes := strings.Join(m.Info().Notes, "\n")
			if m.Info().StartKind != "boot" || !strings.Contains(notes, "booted, not forked") || !strings.Contains(notes, test.want) {
				t.Errorf("a %s with the notes %q, want a boot and %q", m.Info().StartKind, notes, test.want)
			}
		})
	}
}

func TestAnotherQEMUHasTemplatesOfItsOwn(t *testing.T) {
	spec := vmstest.RealSpec(t)
	cache := t.TempDir()
	start(t, New(Options{Cache: cache}), spec)
	other := filepath.Join(t.TempDir(), "qemu")
	text := "#!/bin/sh\n[ \"$1\" = --version ] && { echo 'QEMU emulator version 99.1 (Other)'; exit; }\nexec qemu-system-x86_64 \"$@\"\n"
	if err := os.WriteFile(other, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	p := New(Options{Cache: cache, Binary: other})
	isFork(t, start(t, p, spec))
	if all, err := p.templates.List(); err != nil || len(all) != 2 {
		t.Errorf("%d templates of two versions, error %v", len(all), err)
	}
}

func TestColdMachinesTouchNoTemplate(t *testing.T) {
	spec := vmstest.RealSpec(t)
	spec.Cold = true
	p := New(Options{Cache: t.TempDir()})
	if m := start(t, p, spec); m.Info().StartKind != "boot" || m.sh(t, "hostname") == "" {
		t.Errorf("a %s", m.Info().StartKind)
	}
	if _, err := os.Stat(p.templates.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a templates directory, error %v", err)
	}
}

// Two providers stand for two processes: they share nothing but the directory.
func TestTwoWhoWantTheSameTemplate(t *testing.T) {
	spec := vmstest.RealSpec(t)
	cache := t.TempDir()
	dirs := []string{t.TempDir(), t.TempDir()}
	var both errgroup.Group
	for _, dir := range dirs {
		both.Go(func() error {
			spec := spec
			spec.Dir = dir
			m, err := New(Options{Cache: cache}).Start(t.Context(), spec)
			if err != nil {
				return err
			}
			defer m.Close()
			a := answering{machine: m.(*machine)}
			return a.resume(t.Context(), wire.NewResume())
		})
	}
	if err := both.Wait(); err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, templateLog)); err == nil {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d templates were made, want one", made)
	}
}

// many is a crowd of forks.
const many = 32

func TestManyForksAtOnce(t *testing.T) {
	spec := vmstest.RealSpec(t)
	p := New(Options{Cache: t.TempDir()})
	start(t, p, spec)
	crowd := make([]answering, many)
	var all errgroup.Group
	for i := range crowd {
		dir := t.TempDir()
		all.Go(func() error {
			spec := spec
			spec.Dir = dir
			m, err := p.Start(t.Context(), spec)
			if err != nil {
				return err
			}
			t.Cleanup(func() { m.Close() })
			crowd[i].machine = m.(*machine)
			return crowd[i].resume(t.Context(), wire.NewResume())
		})
	}
	if err := all.Wait(); err != nil {
		t.Fatal(err)
	}
	boots := map[string]bool{}
	for _, m := range crowd {
		isFork(t, m)
		boots[m.ready.BootID] = true
	}
	if len(boots) != many {
		t.Errorf("%d boot ids of %d forks", len(boots), many)
	}

	killed := crowd[0]
	if err := killed.process.Kill(); err != nil {
		t.Fatal(err)
	}
	<-killed.Done()
	if err := killed.Err(); !errors.Is(err, vms.ErrGone) {
		t.Errorf("error %v of a fork that was killed, want %v", err, vms.ErrGone)
	}
	isFork(t, start(t, p, spec))
}

// crowdCache makes a test binary a process with many forks, which waits to be
// killed; it is their cache.
const crowdCache = "BPFLAB_TEST_CROWD"

// crowd is that process.
func crowd(cache string) {
	p := New(Options{Cache: cache})
	image, err := vmstest.RealKernel()
	agent := os.Getenv(crowdAgent)
	for i := 0; err == nil && i < many; i++ {
		var m vms.Machine
		spec := vms.Spec{Kernel: image, Agent: agent, Dir: cache, Memory: vmstest.RealMemory}
		if m, err = p.Start(context.Background(), spec); err == nil {
			err = (&answering{machine: m.(*machine)}).resume(context.Background(), wire.NewResume())
		}
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("crowd")
	select {}
}

// crowdAgent is the agent of that process's machines.
const crowdAgent = "BPFLAB_TEST_CROWD_AGENT"

func TestKilledParentOfManyForks(t *testing.T) {
	spec := vmstest.RealSpec(t)
	cache := t.TempDir()
	p := New(Options{Cache: cache})
	start(t, p, spec).Close()
	parent := exec.CommandContext(t.Context(), os.Args[0])
	parent.Env = append(os.Environ(), crowdCache+"="+cache, crowdAgent+"="+spec.Agent)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var said string
	fmt.Fscan(out, &said)
	if forks := running(t, cache); said != "crowd" || forks != many {
		t.Fatalf("the parent says %q and has %d forks", said, forks)
	}
	parent.Process.Kill()
	parent.Wait() // its error is that it was killed
	for range 200 {
		if running(t, cache) == 0 {
			isFork(t, start(t, p, spec))
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Errorf("%d forks have outlived their parent", running(t, cache))
}

// running counts the processes that have mapped a template of the cache.
func running(t *testing.T, cache string) (n int) {
	t.Helper()
	maps, err := filepath.Glob("/proc/[0-9]*/maps")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range maps {
		text, _ := os.ReadFile(file) // it may have ended
		if strings.Contains(string(text), filepath.Join(cache, "templates")) {
			n++
		}
	}
	return n
}

func TestTemplateThatIsInterrupted(t *testing.T) {
	spec := vmstest.RealSpec(t)
	p := New(Options{Cache: t.TempDir()})
	spec.Dir = t.TempDir()
	for i := range 8 {
		ctx, cancel := context.WithCancel(t.Context())
		stop := time.AfterFunc(time.Duration(i)*400*time.Millisecond, cancel)
		m, err := p.Start(ctx, spec)
		if err == nil {
			m.Close() // it was done before
		} else if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want %v", err, context.Canceled)
		}
		stop.Stop()
		cancel()
		left, err := filepath.Glob(filepath.Join(p.templates.Dir(), ".new-*"))
		if err != nil || len(left) != 0 {
			t.Errorf("left behind: %q, error %v", left, err)
		}
	}
	isFork(t, start(t, p, spec))
}

func TestForkOfAnotherUsersTemplate(t *testing.T) {
	spec := vmstest.RealSpec(t)
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to another user")
	}
	p := New(Options{Cache: t.TempDir()})
	start(t, p, spec)
	dir := onlyTemplate(t, p)
	if err := os.Chown(filepath.Join(dir, "memory"), 1, 1); err != nil {
		t.Fatal(err)
	}
	m := start(t, p, spec)
	if notes := strings.Join(m.Info().Notes, "\n"); m.Info().StartKind != "fork" || !strings.Contains(notes, "user 1") {
		t.Errorf("a %s with the notes %q", m.Info().StartKind, notes)
	}
	if _, err := p.templates.Open(filepath.Base(dir)); errors.As(err, new(*cache.DamagedError)) {
		t.Errorf("the template is still another user's: %v", err)
	}
}

// A QEMU that takes no state costs the first machine its templates, and the
// others nothing.
func TestWhereNoForkRuns(t *testing.T) {
	spec := vmstest.RealSpec(t)
	binary := filepath.Join(t.TempDir(), "qemu-that-does-not-fork")
	script := `#!/bin/sh
for word; do [ "$word" != -incoming ] || { echo 'no state for me' >&2; exit 1; }; done
exec qemu-system-x86_64 "$@"
`
	if err := os.WriteFile(binary, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	p := New(Options{Cache: t.TempDir(), Binary: binary})
	for _, want := range []string{"booted, not forked", ""} {
		m := start(t, p, spec)
		notes := strings.Join(m.Info().Notes, "\n")
		if m.Info().StartKind != "boot" || !strings.Contains(notes, want) || (want == "") != (notes == "") {
			t.Errorf("a %s with the notes %q, want a boot and %q", m.Info().StartKind, notes, want)
		}
	}
}
