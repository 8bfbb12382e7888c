package multipass

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// fake returns a shell script in place of multipass. It knows $1, the subcommand.
func fake(t *testing.T, script string) *Provider {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("the fake is a shell script")
	}
	binary := filepath.Join(t.TempDir(), "multipass")
	if err := os.WriteFile(binary, []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return New(Options{Binary: binary, Cache: t.TempDir()})
}

// daemonDown is a client whose daemon does not answer: its version alone comes.
const daemonDown = `case $1 in version) echo '{"multipass":"1.16.1"}' ;; *) printf '%%s\n' %q >&2; exit 2 ;; esac`

func TestCapsTellWhatToDo(t *testing.T) {
	for _, test := range []struct {
		name, script  string
		problem, hint string
	}{
		{"no socket", fmt.Sprintf(daemonDown, "list failed: cannot connect to the multipass socket\nPlease ensure multipassd is running and '/var/snap/multipass/common/multipass_socket' is accessible"),
			"list failed: cannot connect to the multipass socket", "start its daemon"},
		{"no permission", fmt.Sprintf(daemonDown, "list failed: multipass socket access denied\nPlease check that you have read/write permissions to '/run/multipass_socket'"),
			"socket access denied", "join that and log in again"},
		{"not authenticated", fmt.Sprintf(daemonDown, "list failed: The user is not authenticated with the Multipass service.\n\nPlease authenticate before proceeding (e.g. via 'multipass authenticate')."),
			"not authenticated", "multipass authenticate"},
		{"another program", "echo hello", "no JSON that is known", ""},
		{"an answer without a version", "echo {}", "names no version", ""},
		{"silence", "exit 7", "exit status 7, without a word", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := fake(t, test.script).Caps(t.Context())
			wantStartError(t, err, test.problem, test.hint)
		})
	}
}

func TestCapsWithoutMultipass(t *testing.T) {
	_, err := New(Options{Binary: filepath.Join(t.TempDir(), "multipass"), Cache: t.TempDir()}).Caps(t.Context())
	wantStartError(t, err, "multipass is not installed", "install it with: ")
}

func TestStartTellsWhatToDo(t *testing.T) {
	for _, test := range []struct{ said, hint string }{
		{`launch failed: Unable to find an image matching "22.04" in remote "release".`, "multipass find --force-update"},
		{`launch failed: Remote "" is unknown or unreachable.`, "Ubuntu's servers"},
		{`launch failed: Available disk (1 bytes) below minimum for this image (2 bytes)`, "free space"},
		{`launch failed: write: No space left on device`, "free space"},
		{"launch failed: KVM support is not enabled on this machine.\nPlease ensure the following requirements are met:", "--provider qemu"},
		{"launch failed: The KVM device cannot be opened for reading and writing.", "snap connect multipass:kvm"},
		{"launch failed: The following errors occurred:\ntimed out waiting for initialization to complete", "-j 1"},
		{"launch failed: Custom image `/tmp/a.img` does not exist.", "below your home directory"},
		{"launch failed: cannot allocate memory", "-j 1"},
	} {
		t.Run(test.said, func(t *testing.T) {
			p := fake(t, fmt.Sprintf(`case $1 in launch) printf '%%s\n' %s >&2 ;; delete) echo 'instance "x" does not exist' >&2 ;; esac; exit 2`, quoted(test.said)))
			_, err := p.Start(t.Context(), vms.Spec{Kernel: kernel.Image{Selector: "22.04"}, Dir: t.TempDir()})
			wantStartError(t, err, "launch failed: ", test.hint)
			if notes, _ := os.ReadDir(p.notes.dir); len(notes) != 0 {
				t.Errorf("notes %v are left", notes)
			}
		})
	}
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'" }

func TestAnotherKernelAfterTheReboot(t *testing.T) {
	p := fake(t, `boots="$(dirname "$0")/boots"
case "$1 $*" in
restart*) echo >>"$boots" ;;
*boot_id) wc -l "$boots" 2>/dev/null || echo none ;;
*uname*) echo 5.15.0-1-generic ;;
*bpflab-install.sh*6.6*) echo 6.6.0-060600-generic ;;
esac`)
	_, err := p.Start(t.Context(), vms.Spec{Kernel: kernel.Image{Selector: "22.04+mainline-6.6"}, Dir: t.TempDir()})
	wantStartError(t, err, "kernel 6.6.0-060600-generic is installed, and the machine runs 5.15.0-1-generic", "boot loader")
}

// wantStartError wants a *vms.StartError that says both.
func wantStartError(t *testing.T, err error, problem, hint string) {
	t.Helper()
	var failed *vms.StartError
	if !errors.As(err, &failed) {
		t.Fatalf("error %v, want a *vms.StartError", err)
	}
	if !strings.Contains(failed.Err.Error(), problem) {
		t.Errorf("problem %q, want it to say %q", failed.Err, problem)
	}
	if hint == "" && failed.Hint != "" || !strings.Contains(failed.Hint, hint) {
		t.Errorf("hint %q, want %q in it", failed.Hint, hint)
	}
	if strings.Contains(err.Error(), "\n") {
		t.Errorf("more than one line: %q", err)
	}
}

func TestHintsOfSystems(t *testing.T) {
	for _, test := range []struct {
		system string
		err    error
		hint   string
	}{
		{"linux", &notInstalled{"multipass"}, "snap install"},
		{"darwin", &notInstalled{"multipass"}, "brew install --cask multipass"},
		{"windows", &notInstalled{"multipass"}, "winget"},
		{"freebsd", &notInstalled{"multipass"}, "snap install"},
		{"darwin", errors.New("list failed: cannot connect to the multipass socket"), "launchctl"},
		{"windows", errors.New("list failed: cannot connect to the multipass socket"), "Start-Service"},
	} {
		t.Run(test.system+" "+test.err.Error(), func(t *testing.T) {
			if got := hintOn(test.system, test.err); !strings.Contains(got, test.hint) {
				t.Errorf("hint %q, want %q in it", got, test.hint)
			}
		})
	}
}

func TestLeftKnowsWhoseMachinesAre(t *testing.T) {
	p := fake(t, `echo '{"list":[{"name":"bpflab-mine","state":"Running"},{"name":"bpflab-foreign","state":"Deleted"},{"name":"primary","state":"Running"}]}'`)
	if err := p.notes.keep("bpflab-mine"); err != nil {
		t.Fatal(err)
	}
	left, err := p.Orphans(t.Context())
	if err != nil || len(left) != 2 {
		t.Fatalf("left %+v, error %v", left, err)
	}
	if mine := left[0]; mine.Owner.PID != os.Getpid() || mine.Made.IsZero() || mine.State != "Running" {
		t.Errorf("our machine is %+v", mine)
	}
	if foreign := left[1]; foreign.Owner.PID != 0 {
		t.Errorf("a machine that nobody noted is %+v", foreign)
	}
}
