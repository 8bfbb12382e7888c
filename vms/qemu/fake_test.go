//go:build linux

package qemu

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/console"
	"github.com/bpflab/bpflab/vms/kernel"
)

// fakeBinary returns a program in QEMU's place: it writes a line to the file calls
// beside it each time, prints a version, and else does what text says.
func fakeBinary(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "fake-qemu")
	body := "#!/bin/sh\necho \"$1\" >>'" + name + ".calls'\n" +
		"[ \"$1\" = --version ] && { echo 'QEMU emulator version 9.8.7 (Fake)'; exit; }\n" + text + "\n"
	if err := os.WriteFile(name, []byte(body), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

// calls returns how often the fake was asked for its version and for anything else.
func calls(t *testing.T, name string) (version, other int) {
	t.Helper()
	text, err := os.ReadFile(name + ".calls")
	if err != nil {
		t.Fatal(err)
	}
	version = strings.Count(string(text), "--version\n")
	return version, strings.Count(string(text), "\n") - version
}

// launchFake starts a fake.
func launchFake(ctx context.Context, binary, log string) (*machine, error) {
	return spec{qemu: build{path: binary}}.launch(ctx, nil, log)
}

// greets is the control connection of a fake.
const greets = `echo '{"QMP": {}}' >&5; read line <&5; echo '{"return": {}, "id": 1}' >&5
`

// fakeSpec returns a machine for a fake, which looks at none of it.
func fakeSpec(t *testing.T) vms.Spec {
	t.Helper()
	dir := t.TempDir()
	box := filepath.Join(dir, "busybox")
	agent := filepath.Join(dir, "agent")
	for _, name := range []string{box, agent} {
		if err := os.WriteFile(name, []byte("#!/bin/sh\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return vms.Spec{Kernel: kernel.Image{Selector: "fake", Vmlinux: "/none"}, Agent: agent, Dir: dir}
}

func TestFloodIsCappedInTheFile(t *testing.T) {
	m, err := launchFake(t.Context(), fakeBinary(t, greets+"head -c 20000000 /dev/zero >&3; printf '\\nKernel panic - not syncing: flood' >&3"),
		filepath.Join(t.TempDir(), "console.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	<-m.Done()
	info, err := os.Stat(m.Info().Console)
	if err != nil {
		t.Fatal(err)
	}
	if least, most := int64(console.KeepHead), int64(console.KeepHead+console.KeepTail+100); info.Size() < least || info.Size() > most {
		t.Errorf("%d bytes of console kept, want %d to %d", info.Size(), least, most)
	}
	if err := m.Err(); !errors.Is(err, vms.ErrPanic) {
		t.Errorf("error %v, want %v", err, vms.ErrPanic)
	}
}

func TestLaunchErrors(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"refuses", "echo 'fake-qemu: cannot set up guest memory' >&2; exit 1", "does not start a machine: QEMU ended: exit status 1; fake-qemu: cannot set up guest memory"},
		{"ends without a word", "exit 1", "does not start a machine: QEMU ended: exit status 1"},
		{"crashes", "kill -SEGV $$", "does not start a machine: QEMU ended: signal: segmentation fault"},
		{"warns, and ends", "echo 'fake-qemu: warning: -x is deprecated' >&2; echo 'fake-qemu: no room' >&2; exit 1", "QEMU ended: exit status 1; fake-qemu: no room"},
		{"is something else", "echo hello >&5; exec sleep 600", errNoGreeting.Error()},
		{"lacks the machine", "echo 'fake-qemu: unsupported machine type' >&2; exit 1", "is not the full emulator: fake-qemu: unsupported machine type; install it "},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := launchFake(t.Context(), fakeBinary(t, test.text), filepath.Join(t.TempDir(), "console.log"))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// shorten gives a limit of time a value that a test can wait for.
func shorten(t *testing.T, limit *time.Duration) {
	t.Helper()
	was := *limit
	*limit = 200 * time.Millisecond
	t.Cleanup(func() { *limit = was })
}

// A script may start QEMU in a process of its own.
func TestQEMUThatDoesNotAnswer(t *testing.T) {
	shorten(t, &greetLimit)
	for _, text := range []string{"exec sleep 600", "sleep 600"} {
		binary := fakeBinary(t, "echo $$ >&3; "+text)
		log := filepath.Join(t.TempDir(), consoleLog)
		m, err := launchFake(t.Context(), binary, log)
		if !errors.Is(err, errNoAnswer) {
			t.Errorf("%s: error %v, want %v", text, err, errNoAnswer)
		}
		select {
		case <-m.Done():
		default:
			t.Errorf("%s: the machine still runs", text)
		}
	}
}

func TestLaunchWithoutDirectory(t *testing.T) {
	_, err := launchFake(t.Context(), fakeBinary(t, "exec sleep 60"), filepath.Join(t.TempDir(), "none", "console.log"))
	if err == nil || !strings.Contains(err.Error(), "console log") {
		t.Errorf("error %v, want one about the console log", err)
	}
}

func TestLaunchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	log := filepath.Join(t.TempDir(), "console.log")
	failed := make(chan error)
	go func() {
		_, err := launchFake(ctx, fakeBinary(t, "echo alive >&3; exec sleep 600"), log)
		failed <- err
	}()
	for text := ""; text != "alive\n"; {
		data, _ := os.ReadFile(log) // it is there once the fake was started
		text = string(data)
	}
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

func TestMissingQEMU(t *testing.T) {
	for _, binary := range []string{"bpflab-no-such-qemu", "/no/such/qemu"} {
		_, err := New(Options{Cache: t.TempDir(), Binary: binary}).Start(t.Context(), fakeSpec(t))
		var failed *vms.StartError
		if !errors.As(err, &failed) || failed.Hint == "" || !strings.Contains(err.Error(), binary+" is not installed") {
			t.Errorf("error %v, want a *vms.StartError with a hint", err)
		}
	}
}

func TestParseVersion(t *testing.T) {
	for in, want := range map[string]string{
		"QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)": "QEMU 7.2.22",
		"QEMU emulator version 10.1.0":                                "QEMU 10.1.0",
		"something else":                                              "something else",
	} {
		if got := parseVersion(in); got != want {
			t.Errorf("parseVersion(%q) = %q, want %q", in, got, want)
		}
	}
}
