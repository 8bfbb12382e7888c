package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// host is a system that users have.
type host struct {
	suite  string // as ci/root.sh knows it
	clangs string // versions that are tried there by name, besides the system's clang
}

// hosts are QEMU 7.2 to 11, and each clang from 14 to 23, once.
var hosts = []host{
	{"bookworm", "15 16"},
	{"trixie", "17 18"},
	{"trixie-backports", "22"},
	{"sid", "23"},
	{"noble", ""},
	{"resolute", "20"},
}

// elsewhere is what users have and this command cannot make.
const elsewhere = "Fedora, RHEL, openSUSE, Arch and Alpine are not tested: mmdebstrap makes roots of Debian and Ubuntu only."

// choose returns the hosts of the suites, all where none is named.
func choose(suites []string) ([]host, error) {
	if len(suites) == 0 {
		return hosts, nil
	}
	var chosen []host
	for _, suite := range suites {
		i := slices.IndexFunc(hosts, func(h host) bool { return h.suite == suite })
		if i < 0 {
			return nil, fmt.Errorf("no system %q; there are: %s", suite, names(hosts))
		}
		chosen = append(chosen, hosts[i])
	}
	return chosen, nil
}

func names(all []host) string {
	var out []string
	for _, h := range all {
		out = append(out, h.suite)
	}
	return strings.Join(out, ", ")
}

// exitNoRoot is ci/bare.sh's status where the system cannot be had.
const exitNoRoot = 3

// test runs inside.sh in the system, which leaves in dir what it found. skipped says why
// there is no such system.
func (h host) test(ctx context.Context, dir string, o options) (skipped string, err error) {
	if err := os.RemoveAll(dir); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if err := copyOldKernel(ctx, dir); err != nil {
		return "", err
	}
	compiled := filepath.Join(o.keep, "gocache") // which the systems share, one after the other
	if err := move(compiled, filepath.Join(dir, "gocache")); err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, move(filepath.Join(dir, "gocache"), compiled)) }()
	full := ""
	if o.full {
		full = "1"
	}
	var log strings.Builder
	cmd := exec.CommandContext(ctx, "ci/bare.sh", fmt.Sprintf("ROUNDS=%d CLANGS='%s' FULL=%s bash ci/hosts/inside.sh", o.rounds, h.clangs, full))
	cmd.Env = append(os.Environ(), "SUITE="+h.suite, "OUT="+dir)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) } // it has a root to remove
	cmd.Stdout, cmd.Stderr = os.Stdout, io.MultiWriter(os.Stderr, &log)
	fmt.Println("test-hosts:", h.suite)
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case errors.As(err, &exit) && exit.ExitCode() == exitNoRoot:
		return strings.TrimSpace(log.String()), nil
	case errors.As(err, &exit):
		return "", nil // which its steps show
	}
	return "", err
}

// move renames a directory, if there is one.
func move(from, to string) error {
	if err := os.Rename(from, to); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// oldKernel is the oldest kernel that objects must load on. Debian has none that old, so
// it is tested where this machine has imported one of that name.
const oldKernel = "local:4.19"

// copyOldKernel leaves oldKernel in dir, where the system imports it.
func copyOldKernel(ctx context.Context, dir string) error {
	kernels, err := catalogue.Open(catalogue.Options{Lock: vms.KernelsLock})
	if err != nil {
		return err
	}
	refs, err := kernels.Resolve(ctx, []string{oldKernel})
	if err != nil {
		return nil // which the page says
	}
	image, err := kernels.Image(ctx, refs[0])
	if err != nil {
		return err
	}
	return exec.CommandContext(ctx, "cp", "-a", filepath.Dir(image.Kernel), filepath.Join(dir, "4.19")).Run()
}
