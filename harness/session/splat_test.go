package session

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"context"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

const warn = "[ 9.0] ------------[ cut here ]------------\n[ 9.0] WARNING: CPU: 0 PID: 60 at net/core/dev.c:1 f+0x1/0x2\n[ 9.0] ---[ end trace 0000000000000000 ]---\n"

// fakeMachine is a machine that is only a console.
type fakeMachine struct {
	vms.Machine
	console string
}

func (m fakeMachine) Info() vms.Info { return vms.Info{Console: m.console} }

func TestSplatsCountFromTheHandOver(t *testing.T) {
	file := filepath.Join(t.TempDir(), "console")
	add := func(text string) {
		f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	s := &Session{machine: fakeMachine{console: file}, alive: context.Background()}
	add(warn)
	s.SkipSplats()
	if got := s.LastSplats(nil); got.Unexpected != "" || got.Allowed != nil {
		t.Errorf("what came before the lab counts: %+v", got)
	}
	add(warn + warn)
	got := s.LastSplats(nil)
	if !strings.HasPrefix(got.Unexpected, strings.TrimSpace(warn)) || !strings.Contains(got.Unexpected, "[1 more") || !strings.Contains(got.Reason(), "net/core/dev.c:1") {
		t.Errorf("got %q, reason %q", got.Unexpected, got.Reason())
	}
	if again := s.LastSplats(nil); again.Unexpected != "" {
		t.Errorf("it counts twice: %q", again.Unexpected)
	}
	add(warn)
	if got := s.LastSplats(AllowSplats{regexp.MustCompile(`dev\.c:1 `)}); got.Unexpected != "" || len(got.Allowed) != 1 {
		t.Errorf("an expected one: %+v", got)
	}
}

func TestIsGuestsDoing(t *testing.T) {
	noMemory := fmt.Errorf("%w: %w", vms.ErrAgent, vms.ErrMemory)
	for _, test := range []struct {
		err  error
		ran  bool
		want bool
	}{
		{&vms.Crash{Reason: vms.ErrPanic}, false, true},
		{&vms.Crash{Reason: vms.ErrReset}, false, true},
		{&wire.ProtocolError{Msg: "garbage"}, false, true},
		{&vms.Crash{Reason: vms.ErrGone}, true, false},
		{fmt.Errorf("%w for 15 s", ErrHang), true, false},
		{&vms.Crash{Reason: vms.ErrAgent}, false, false},
		{&vms.Crash{Reason: vms.ErrAgent}, true, true},
		{&vms.Crash{Reason: noMemory}, true, false},
		{errors.New("x"), true, false},
	} {
		if got := IsGuestsDoing(test.err, test.ran); got != test.want {
			t.Errorf("%v, commands %v: %v, want %v", test.err, test.ran, got, test.want)
		}
	}
}
