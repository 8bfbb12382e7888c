package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// fakePeer puts a script in the place of a peer, alone on the PATH but for the
// shell's own.
func fakePeer(t *testing.T, name, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
}

func TestPeers(t *testing.T) {
	tests := []struct {
		name, peer, script, want string
	}{
		{"vng", "vng", `[ "$*" = "--run /boot/bz --disable-kvm -- uname -r" ] && echo 6.1.0`, " s"},
		{"vimto", "vimto", `[ "$*" = "-kernel /boot/bz exec -- uname -r" ] && [ $VIMTO_DISABLE_KVM = true ] && echo 6.1.0`, " s"},
		{"fails", "vng", "echo no 9p >&2; exit 1", "fails: vng: exit status 1: no 9p"},
		{"another kernel", "vng", "echo 5.4", `fails: said "5.4" and not "6.1.0"`},
		{"silent", "vng", "", `fails: said "" and not "6.1.0"`},
		{"not there", "other", "", "not installed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			fakePeer(t, tt.peer, tt.script)
			p := allPeers[0]
			if tt.peer == "vimto" {
				p = allPeers[1]
			}
			took, err := p.uname(t.Context(), t.TempDir(), kernel.Image{Kernel: "/boot/bz", Release: "6.1.0"}, false)
			if got := peerCell(took, err); !strings.HasSuffix(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}
