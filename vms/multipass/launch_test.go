package multipass

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

func TestLaunchArguments(t *testing.T) {
	got := launchArgs("bpflab-a", wanted{image: "22.04"}, vms.Spec{})
	want := []string{"launch", "22.04", "--name", "bpflab-a", "--cpus", "1", "--memory", "1073741824", "--disk", "8589934592", "--timeout", "1800", "--cloud-init", "-"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for _, test := range []struct {
		asked int64
		want  string
	}{{1, "536870912"}, {4 << 30, "4294967296"}} {
		if got := launchArgs("a", wanted{}, vms.Spec{Memory: test.asked})[7]; got != test.want {
			t.Errorf("memory %s for %d bytes asked for, want %s", got, test.asked, test.want)
		}
	}
}

// A daemon goes on with a launch after Ctrl-C, and knows of no instance at
// first. What it makes in the end is removed.
func TestLaunchThatIsCancelledIsUndone(t *testing.T) {
	p := fake(t, `cd "$(dirname "$0")"
case $1 in
launch) touch launching; while [ ! -e asked ]; do sleep 0.05; done; touch instance ;;
delete) touch asked; [ -e instance ] || { echo 'instance "x" does not exist' >&2; exit 2; }; rm instance ;;
esac`)
	dir := filepath.Dir(p.multipass.binary)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for !exists(filepath.Join(dir, "launching")) && t.Context().Err() == nil {
			pause(t.Context(), retryEvery/10)
		}
		cancel()
	}()
	m, err := p.Start(ctx, vms.Spec{Kernel: kernel.Image{Selector: "22.04"}, Dir: t.TempDir()})
	if m != nil || !errors.Is(err, context.Canceled) || errors.Is(err, errGoesOn) {
		t.Errorf("machine %v, error %v, want %v", m, err, context.Canceled)
	}
	if exists(filepath.Join(dir, "instance")) {
		t.Error("the instance is left")
	}
	if notes, _ := os.ReadDir(p.notes.dir); len(notes) != 0 {
		t.Errorf("notes %v are left", notes)
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

func TestLaunchThatGoesOnIsSaid(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	ended := make(chan error, 1)
	err := fake(t, "exit 2").instance("bpflab-a").giveUp(ctx, ended, func() { ended <- nil })
	if !errors.Is(err, errGoesOn) {
		t.Errorf("error %v, want %v", err, errGoesOn)
	}
}
