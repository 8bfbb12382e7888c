package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/bpflab/bpflab/ci/steps"
)

// processor is what the outer machine has. With XSAVE, kernels in its machines die: QEMU emulates
// it wrongly across nested machines. What needs it is left out too, for Linux 7.2 uses AVX at boot
// where a processor has that without XSAVE, and dies.
const processor = "max,-xsave,-avx,-avx2,-f16c,-fma,-vaes,-vpclmulqdq"

// arguments returns QEMU's for the outer machine, whose kernel hands the variable AGAIN on to its
// init: the steps to run again.
func arguments(again []string) []string {
	return []string{
		"-machine", "q35", "-accel", "tcg", "-cpu", processor, "-smp", "2", "-m", "8G",
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
		"-kernel", "/vmlinuz", "-initrd", "/initrd",
		"-append", "console=ttyS0 panic=-1 reboot=t no_timer_check random.trust_cpu=on loglevel=4 AGAIN=" + strings.Join(again, ","),
		"-drive", "if=virtio,format=raw,cache=unsafe,file=/disk",
		"-device", "virtio-rng-pci",
	}
}

// boot runs the machine until it ends, and prints its console. It returns why the machine
// ended before its script did, "" if it did not: that is no error of this program. The QEMU
// is that of the machine's own system: one before 8.1 loses what a processor writes into
// code that another one is about to run. It ends when this process does.
func boot(ctx context.Context, root string, timeout time.Duration, again []string) (early string, err error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(limited, "setpriv", append([]string{"--pdeathsig", "KILL", "chroot", root, "/usr/bin/qemu-system-x86_64"}, arguments(again)...)...)
	cmd.Stderr = os.Stderr
	console, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	quiet := time.AfterFunc(silence, cancel)
	last := follow(console, func() { quiet.Reset(silence) }, cancel)
	silent := !quiet.Stop()
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case stuck.MatchString(last):
		return "it stood still: " + last, nil
	case silent:
		return fmt.Sprintf("it printed nothing for %s after: %s", silence, last), nil
	case limited.Err() != nil:
		return fmt.Sprint("it did not end within ", timeout), nil
	case err != nil:
		return "QEMU: " + err.Error(), nil
	case last != "finished":
		return "its last words: " + last, nil
	}
	return "", nil
}

// silence is how long a machine may print nothing. The longest step takes a third of that.
const silence = 10 * time.Minute

// stuck finds a processor that has stood still for too long to go on: in machines within
// the machine, QEMU loses interrupts now and then.
var stuck = regexp.MustCompile(`soft lockup - CPU#\d+ stuck for (\d{3,}|[5-9]\d)s`)

// follow prints a console, each line with its time, and returns the line that matters most
// at the end: "finished" if the script came to its end, else the kernel's panic, else the
// last one. It calls heard for each line, and end for a machine that is stuck.
func follow(console io.Reader, heard, end func()) string {
	began, last := time.Now(), ""
	lines := bufio.NewScanner(console)
	for lines.Scan() {
		heard()
		line := strings.TrimSpace(lines.Text())
		if last != "finished" && !strings.Contains(last, "Kernel panic") && !stuck.MatchString(last) {
			last = line
		}
		if stuck.MatchString(line) {
			end()
		}
		fmt.Printf("%5.0f s  %s\n", time.Since(began).Seconds(), line)
	}
	return last
}

// collect reads what the machine wrote to its disk, and leaves it in keep if that is set.
// Without -c, debugfs reads no disk of a machine that was ended.
func collect(ctx context.Context, work, keep string) (steps.Run, error) {
	dir := work
	if keep != "" {
		dir = keep
	}
	if err := os.RemoveAll(filepath.Join(dir, "results")); err != nil {
		return steps.Run{}, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return steps.Run{}, err
	}
	if err := command(ctx, "debugfs", "-c", "-R", "rdump /results "+dir, filepath.Join(work, "root", "disk")); err != nil {
		return steps.Run{}, err
	}
	return steps.Read(filepath.Join(dir, "results"))
}

// repair mends the file system of a machine that ended at once. e2fsck's status is 1 where
// it found something, and has mended it.
func repair(ctx context.Context, disk string) error {
	err := command(ctx, "e2fsck", "-f", "-y", disk)
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return nil
	}
	return err
}
