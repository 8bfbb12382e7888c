package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/ci/steps"
)

// arguments returns QEMU's for the outer machine, whose processor lacks what QEMU emulates
// wrongly. With XSAVE, kernels in its machines die: QEMU emulates it wrongly across nested
// machines. With cmpxchg16b, the machine's own kernel does: the emulated instruction is not
// atomic between processors. And with one processor the machine has been seen to stop.
func arguments(work string) []string {
	return []string{
		"-machine", "q35", "-accel", "tcg", "-cpu", "max,-xsave,-cx16", "-smp", "2", "-m", "8G",
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
		"-kernel", filepath.Join(work, "vmlinuz"), "-initrd", filepath.Join(work, "initrd"),
		"-append", "console=ttyS0 panic=-1 reboot=t no_timer_check random.trust_cpu=on loglevel=4",
		"-drive", "if=virtio,format=raw,cache=unsafe,file=" + filepath.Join(work, "disk"),
		"-device", "virtio-rng-pci",
	}
}

// boot runs the machine until it ends, and prints its console. It returns why the machine
// ended before its script did, "" if it did not: that is no error of this program.
func boot(ctx context.Context, work string, timeout time.Duration) (early string, err error) {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(limited, "qemu-system-x86_64", arguments(work)...)
	cmd.Stderr = os.Stderr
	console, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	last := follow(console)
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case limited.Err() != nil:
		return fmt.Sprint("it did not end within ", timeout), nil
	case err != nil:
		return "QEMU: " + err.Error(), nil
	case last != "finished":
		return "its last words: " + last, nil
	}
	return "", nil
}

// follow prints a console, each line with its time, and returns the line that matters most
// at the end: "finished" if the script came to its end, else the kernel's panic, else the
// last one.
func follow(console io.Reader) string {
	began, last := time.Now(), ""
	lines := bufio.NewScanner(console)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		if last != "finished" && !strings.Contains(last, "Kernel panic") {
			last = line
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
	if err := command(ctx, "debugfs", "-c", "-R", "rdump /results "+dir, filepath.Join(work, "disk")); err != nil {
		return steps.Run{}, err
	}
	return steps.Read(filepath.Join(dir, "results"))
}
