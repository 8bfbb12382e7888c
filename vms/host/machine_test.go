package host

import (
	"errors"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms"
)

func TestWhyEnded(t *testing.T) {
	if err := whyEnded(nil, []byte("any")); err != nil {
		t.Errorf("error %v of an agent that ended well", err)
	}
	err := whyEnded(errors.New("exit status 3"), []byte("first\nbpflab: agent: mount /proc\n"))
	var crash *vms.Crash
	if !errors.As(err, &crash) || !errors.Is(err, vms.ErrGone) {
		t.Fatalf("error %v, want a *vms.Crash of %v", err, vms.ErrGone)
	}
	for _, want := range []string{"exit status 3", "bpflab: agent: mount /proc"} {
		if !strings.Contains(crash.Splat, want) {
			t.Errorf("last words %q without %q", crash.Splat, want)
		}
	}
}
