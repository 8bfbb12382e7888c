package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/ci/steps"
)

// arguments returns QEMU's for the outer machine. With XSAVE, kernels in its machines
// die: QEMU emulates it wrongly across nested machines.
func arguments(work string) []string {
	return []string{
		"-machine", "q35", "-accel", "tcg", "-cpu", "max,-xsave", "-smp", "2", "-m", "8G",
		"-nodefaults", "-no-user-config", "-display", "none", "-no-reboot", "-serial", "stdio",
		"-kernel", filepath.Join(work, "vmlinuz"), "-initrd", filepath.Join(work, "initrd"),
		"-append", "console=ttyS0 panic=-1 reboot=t no_timer_check random.trust_cpu=on loglevel=1",
		"-drive", "if=virtio,format=raw,cache=unsafe,file=" + filepath.Join(work, "disk"),
		"-device", "virtio-rng-pci",
	}
}

// boot runs the machine until it ends, and prints its console. That its timeout ends it, or
// that QEMU fails, is not an error here: the steps that are missing then are.
func boot(ctx context.Context, work string, timeout time.Duration) error {
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(limited, "qemu-system-x86_64", arguments(work)...)
	cmd.Stderr = os.Stderr
	console, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	began, finished := time.Now(), false
	lines := bufio.NewScanner(console)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		finished = finished || line == "finished"
		fmt.Printf("%5.0f s  %s\n", time.Since(began).Seconds(), line)
	}
	err = cmd.Wait()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case limited.Err() != nil:
		fmt.Println("test-kvm: the machine did not end within", timeout)
		return nil
	case err != nil:
		fmt.Println("test-kvm: QEMU:", err)
	case !finished:
		fmt.Println("test-kvm: the machine ended before its script did")
	}
	return nil
}

// collect reads what the machine wrote to its disk, and leaves it in keep if that is set.
// Without -c, debugfs reads no disk of a machine that was ended.
func collect(ctx context.Context, work, keep string) (steps.Run, error) {
	dir := work
	if keep != "" {
		if err := os.MkdirAll(keep, 0o755); err != nil {
			return steps.Run{}, err
		}
		dir = keep
	}
	if err := command(ctx, "debugfs", "-c", "-R", "rdump /results "+dir, filepath.Join(work, "disk")); err != nil {
		return steps.Run{}, err
	}
	return steps.Read(filepath.Join(dir, "results"))
}
