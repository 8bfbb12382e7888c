package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// Tests of vms/qemu that run in the machine: on each kernel clocks, entropy and identity
// of forks, and on one how machines end, and what happens to a template that is refused.
const (
	tests     = "^TestForksAreMachinesOfTheirOwn$"
	testsOnce = "^(TestEndsOfRealMachines|TestRejectedTemplateIsMadeAgain)$"
)

// prepare leaves the machine's kernel, initrd and disk in work.
func prepare(ctx context.Context, work string, o options) error {
	payload := filepath.Join(work, "payload")
	if err := os.MkdirAll(payload, 0o755); err != nil {
		return err
	}
	fmt.Println("test-kvm: building the tests")
	if err := command(ctx, "go", "test", "-c", "-trimpath", "-ldflags", "-s -w", "-o", filepath.Join(payload, "qemu.test"), "./vms/qemu"); err != nil {
		return err
	}
	for _, path := range []string{filepath.Join(o.bin, "bpflab"), filepath.Join(o.bin, "bpflab-agent"), "bpf", "ci/kvm/guest.sh", "ci/kvm/panic.md", "ci/kvm/start.md", "ci/steps/steps.sh"} {
		if err := command(ctx, "cp", "-a", path, payload); err != nil {
			return err
		}
	}
	if err := copyKernels(ctx, filepath.Join(payload, "cache", "bpflab"), o.kernels); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(payload, "settings"), []byte(settings(o)), 0o644); err != nil {
		return err
	}
	fmt.Println("test-kvm: making the machine's disk, with QEMU and clang of its own")
	return command(ctx, "ci/kvm/image.sh", work, payload)
}

// settings returns what guest.sh reads.
func settings(o options) string {
	short := ""
	if o.short {
		short = "1"
	}
	return fmt.Sprintf("KERNELS='%s'\nONCE='%s'\nTESTS='%s'\nTESTS_ONCE='%s'\nSHORT='%s'\n", strings.Join(o.kernels, " "), once(o), tests, testsOnce, short)
}

// once returns the kernel for what takes minutes, such as machines without KVM, which are
// emulated twice. The short form has none.
func once(o options) string {
	if o.short {
		return ""
	}
	return o.kernels[min(1, len(o.kernels)-1)]
}

// copyKernels fetches kernels and copies them to another cache, for the machine has no
// network.
func copyKernels(ctx context.Context, cache string, selectors []string) error {
	fmt.Println("test-kvm: fetching kernels", strings.Join(selectors, ", "))
	kernels, err := catalogue.Open(catalogue.Options{Lock: vms.KernelsLock})
	if err != nil {
		return err
	}
	refs, err := kernels.Resolve(ctx, selectors)
	if err != nil {
		return err
	}
	images := filepath.Join(cache, "images")
	if err := os.MkdirAll(images, 0o700); err != nil {
		return err
	}
	for _, ref := range refs {
		image, err := kernels.Image(ctx, ref)
		if err != nil {
			return err
		}
		parts, err := filepath.Glob(filepath.Dir(image.Kernel) + "*") // the directory, and what describes it
		if err != nil {
			return err
		}
		if err := command(ctx, "cp", append([]string{"-a", "--reflink=auto", "-t", images}, parts...)...); err != nil {
			return err
		}
	}
	return nil
}

// command runs a program to its end, with its output on this process's.
func command(ctx context.Context, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
