package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/vms/kernel"
)

// peer is another program that runs a command in a fresh guest.
type peer struct {
	name string
	args func(kernelFile string, kvm bool) []string
	env  func(kvm bool) []string
}

// allPeers are those that take a kernel's image and need no disk of their own.
var allPeers = []peer{
	{
		name: "vng",
		args: func(file string, kvm bool) []string {
			args := []string{"--run", file}
			if !kvm {
				args = append(args, "--disable-kvm")
			}
			return append(args, "--", "uname", "-r")
		},
		env: func(bool) []string { return nil },
	},
	{
		name: "vimto",
		args: func(file string, _ bool) []string { return []string{"-kernel", file, "exec", "--", "uname", "-r"} },
		env: func(kvm bool) []string {
			return []string{fmt.Sprintf("VIMTO_DISABLE_KVM=%t", !kvm)}
		},
	},
}

// peerRounds are more than other rounds: what is compared here is others' work.
const peerRounds = 5

// peerLimit is how long a peer may take for one guest.
const peerLimit = time.Minute

// peers compares bpflab with them.
func (b *bench) peers(ctx context.Context) ([]part, error) {
	caps, err := b.provider.Caps(ctx)
	if err != nil {
		return nil, err
	}
	lab, err := b.writeEmptyLab("uname", "uname -r")
	if err != nil {
		return nil, err
	}
	t := table.Table{Head: []string{"kernel", "bpflab"}}
	for _, p := range allPeers {
		t.Head = append(t.Head, p.name)
	}
	for _, image := range b.kernels {
		row, err := b.peerRow(ctx, image, lab, caps.Accelerator == "kvm")
		if err != nil {
			return nil, err
		}
		t.Add(row...)
	}
	return []part{{
		title:  "Peers",
		about:  fmt.Sprintf("`uname -r` in a fresh guest, from start to exit, medians of %d rounds: bpflab warm, the others with the same kernel image and the same accelerator (%s).", peerRounds, caps.Accelerator),
		tables: []table.Table{t},
	}}, nil
}

func (b *bench) peerRow(ctx context.Context, image kernel.Image, lab string, kvm bool) ([]string, error) {
	b.say("peers on %s", image.Series)
	if _, err := b.uname(ctx, image, lab); err != nil { // fills the cache
		return nil, err
	}
	ours, err := rounds(peerRounds, func() (time.Duration, error) { return b.uname(ctx, image, lab) })
	if err != nil {
		return nil, err
	}
	row := []string{image.Series, seconds(ours)}
	for _, p := range allPeers {
		took, err := rounds(peerRounds, func() (time.Duration, error) { return p.uname(ctx, b.dir, image, kvm) })
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		row = append(row, peerCell(took, err))
	}
	return row, nil
}

func peerCell(took time.Duration, err error) string {
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return "not installed"
	case err != nil:
		return "fails: " + err.Error()
	}
	return seconds(took)
}

// rounds measures n times and returns the median; the first error ends it.
func rounds(n int, measure func() (time.Duration, error)) (time.Duration, error) {
	var all []time.Duration
	for range n {
		took, err := measure()
		if err != nil {
			return 0, err
		}
		all = append(all, took)
	}
	return median(all), nil
}

func (b *bench) uname(ctx context.Context, image kernel.Image, lab string) (time.Duration, error) {
	used, err := b.bpflab(ctx, nil, b.runArgs(lab, []kernel.Image{image}, 1)...)
	return used.wall, err
}

// uname runs the peer once. Its output goes to a file, because vng wants
// something that the guest can open.
func (p peer) uname(ctx context.Context, dir string, image kernel.Image, kvm bool) (time.Duration, error) {
	program, err := exec.LookPath(p.name)
	if err != nil {
		return 0, err
	}
	out, err := os.Create(filepath.Join(dir, "peer.out"))
	if err != nil {
		return 0, err
	}
	defer out.Close()
	ctx, cancel := context.WithTimeout(ctx, peerLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, program, p.args(image.Kernel, kvm)...)
	cmd.Env = append(os.Environ(), p.env(kvm)...)
	cmd.Stdout = out
	used, err := timed(cmd, nil)
	if ctx.Err() != nil {
		return 0, fmt.Errorf("not done after %s", peerLimit)
	}
	if err != nil {
		return 0, err
	}
	return used.wall, saysRelease(out.Name(), image.Release)
}

// saysRelease wants the release in a peer's output.
func saysRelease(file, release string) error {
	said, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if text := strings.TrimSpace(string(said)); text == "" || !strings.Contains(text, release) {
		return fmt.Errorf("said %q and not %q", lastLine(text), release)
	}
	return nil
}
