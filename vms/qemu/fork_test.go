//go:build linux

package qemu

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// answers makes a fake answer n commands after its greeting, and then do what
// follows.
func answers(n int, then string) string {
	return greets + `for i in ` + strings.Repeat("x ", n) + `; do
	read line <&5
	id=$(echo "$line" | sed 's/.*"id":\([0-9]*\).*/\1/')
	echo "{\"return\": {}, \"id\": $id}" >&5
done
` + then + "\n"
}

// Two commands make a fork run: capabilities, and migrate-incoming.
func TestResume(t *testing.T) {
	for _, test := range []struct{ name, then, want string }{
		{"runs", `echo '{"event": "RESUME"}' >&5; exec sleep 60`, ""},
		{"does not take the state", "echo 'fake-qemu: load of migration failed' >&2; exit 1", "fake-qemu: load of migration failed"},
		{"ends without a word", "exit 1", "QEMU ended: exit status 1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := launchFake(t.Context(), fakeBinary(t, answers(2, test.then)), filepath.Join(t.TempDir(), "console.log"))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			got := ""
			if err := m.resume(t.Context()); err != nil {
				got = err.Error()
			}
			if got != test.want && (test.want == "" || !strings.Contains(got, test.want)) {
				t.Errorf("error %q, want %q", got, test.want)
			}
		})
	}
}

// Three commands save a machine: capabilities, getfd and migrate.
func TestSave(t *testing.T) {
	const status = `echo '{"event": "MIGRATION", "data": {"status": "%"}}' >&5; `
	for _, test := range []struct {
		name, then string
		want       string
	}{
		{"is saved", strings.ReplaceAll(status, "%", "setup") + strings.ReplaceAll(status, "%", "completed") + "exec sleep 60", ""},
		{"fails", strings.ReplaceAll(status, "%", "active") + strings.ReplaceAll(status, "%", "failed") + `read line <&5
			echo '{"return": {"status": "failed", "error-desc": "no room in the pipe"}, "id": 5}' >&5; exec sleep 60`, "no room in the pipe"},
		{"fails without a reason", strings.ReplaceAll(status, "%", "failed") + "exit 1", "could not write"},
		{"ends", "exit 1", errControlGone.Error()},
	} {
		t.Run(test.name, func(t *testing.T) {
			m, err := launchFake(t.Context(), fakeBinary(t, answers(3, test.then)), filepath.Join(t.TempDir(), "console.log"))
			if err != nil {
				t.Fatal(err)
			}
			defer m.Close()
			state, err := os.Create(filepath.Join(t.TempDir(), "state"))
			if err != nil {
				t.Fatal(err)
			}
			defer state.Close()
			got := ""
			if err := m.save(t.Context(), state); err != nil {
				got = err.Error()
			}
			if got != test.want && (test.want == "" || !strings.Contains(got, test.want)) {
				t.Errorf("error %q, want %q", got, test.want)
			}
		})
	}
}

func TestGiveNeedsAUnixSocket(t *testing.T) {
	c := &control{pending: map[int]chan message{}}
	if err := c.give(t.Context(), "state", os.Stdin); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("error %v, want %v", err, errors.ErrUnsupported)
	}
}
