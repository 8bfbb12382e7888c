package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/install"
)

// On systems without apt, make and doctor name the same command.
func TestSetupNamesTheCommand(t *testing.T) {
	bin := t.TempDir()
	for _, tool := range []string{"sh", "env", "id", "uname", "head", "grep", "sed", "tr", "dirname"} {
		path, err := exec.LookPath(tool)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(bin, tool)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(bin, "go"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		release string
		system  install.System
	}{
		{"ID=fedora\nVERSION_ID=43\n", install.Fedora},
		{"ID=\"rhel\"\nID_LIKE=\"fedora\"\n", install.RHEL},
		{"ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", install.RHEL},
		{"ID=\"opensuse-leap\"\nID_LIKE=\"suse opensuse\"\n", install.SUSE},
		{"ID=arch\n", install.Arch},
		{"ID=alpine\n", install.Alpine},
		{"ID=nixos\n", install.Unknown},
	} {
		name, _, _ := strings.Cut(test.release, "\n")
		t.Run(name, func(t *testing.T) {
			release := filepath.Join(t.TempDir(), "os-release")
			if err := os.WriteFile(release, []byte(test.release), 0o644); err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("sh", "setup.sh")
			cmd.Env = []string{"PATH=" + bin, "BPFLAB_OS_RELEASE=" + release}
			out, err := cmd.CombinedOutput()
			if cmd.ProcessState.ExitCode() != 3 {
				t.Fatalf("setup ended with %v:\n%s", err, out)
			}
			for _, tool := range []install.Tool{install.QEMU, install.Clang, install.Busybox} {
				fix := test.system.Fix(tool)
				command, note, _ := strings.Cut(fix, " (")
				words := strings.Fields(command)
				if test.system == install.Unknown {
					words, note = []string{"by hand"}, ""
				}
				for _, want := range []string{words[0], words[len(words)-1], note} {
					if !strings.Contains(string(out), want) {
						t.Errorf("setup says nothing of %q, which doctor names:\n%s", want, out)
					}
				}
			}
		})
	}
}
