//go:build linux

package qemu

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"testing"
)

const greetingLine = `{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": ["oob"]}}` + "\n"

// fakeQEMU answers each command with what reply gives; %d in it is the
// command's id. "" ends the connection.
func fakeQEMU(t *testing.T, reply map[string]string) net.Conn {
	t.Helper()
	host, qemu := net.Pipe()
	t.Cleanup(func() { host.Close(); qemu.Close() })
	go func() {
		defer qemu.Close()
		fmt.Fprint(qemu, greetingLine)
		lines := bufio.NewScanner(qemu)
		for lines.Scan() {
			var c command
			if err := json.Unmarshal(lines.Bytes(), &c); err != nil || reply[c.Execute] == "" {
				return
			}
			fmt.Fprintf(qemu, reply[c.Execute], c.ID)
		}
	}()
	return host
}

const ok = `{"return": {}, "id": %d}` + "\n"

func TestControlCommands(t *testing.T) {
	c, err := openControl(t.Context(), fakeQEMU(t, map[string]string{
		"qmp_capabilities": ok,
		"query-status":     `{"event": "RESUME"}` + "\n" + `{"return": {}, "id": 999}` + "\n" + `{"return": {"running": true}, "id": %d}` + "\n",
		"nonsense":         `{"error": {"class": "CommandNotFound", "desc": "The command nonsense has not been found"}, "id": %d}` + "\n",
		"odd":              `{"return": [], "id": %d}` + "\n",
	}), func(event) {})
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	var status struct{ Running bool }
	if err := c.execute(t.Context(), "query-status", nil, &status); err != nil || !status.Running {
		t.Errorf("status %+v, error %v", status, err)
	}
	var refused *commandError
	if err := c.execute(t.Context(), "nonsense", nil, nil); !errors.As(err, &refused) || refused.Class != "CommandNotFound" {
		t.Errorf("error %v, want a refusal", err)
	}
	if err := c.execute(t.Context(), "odd", nil, &status); err == nil {
		t.Error("no error for an answer of another type")
	}
	if err := c.execute(t.Context(), "quit", nil, nil); !errors.Is(err, errControlGone) {
		t.Errorf("error %v, want %v", err, errControlGone)
	}
	if err := c.execute(t.Context(), "quit", nil, nil); !errors.Is(err, errControlGone) {
		t.Errorf("after the end: error %v, want %v", err, errControlGone)
	}
}

func TestControlHandsOnEveryEventBeforeItEnds(t *testing.T) {
	m := &machine{}
	c, err := openControl(t.Context(), fakeQEMU(t, map[string]string{
		"qmp_capabilities": ok,
		"quit":             ok + `{"event": "STOP"}` + "\n" + `{"event": "SHUTDOWN", "data": {"guest": true, "reason": "guest-reset"}}` + "\n",
	}), m.heard)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.execute(t.Context(), "quit", nil, nil); err != nil {
		t.Fatal(err)
	}
	if err := c.execute(t.Context(), "again", nil, nil); err == nil {
		t.Error("no error from a QEMU that is gone")
	}
	<-c.gone
	if m.shutdown != guestReset {
		t.Errorf("shutdown %q, want %q", m.shutdown, guestReset)
	}
}

func TestControlWithoutGreeting(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       error
	}{
		{"nothing", "", errControlGone},
		{"no JSON", "SSH-2.0\n", errNoGreeting},
		{"an answer", `{"return": {}}`, errNoGreeting},
	} {
		t.Run(test.name, func(t *testing.T) {
			host, qemu := net.Pipe()
			go func() { fmt.Fprint(qemu, test.text); qemu.Close() }()
			if _, err := openControl(t.Context(), host, nil); !errors.Is(err, test.want) {
				t.Errorf("error %v, want %v", err, test.want)
			}
		})
	}
}

func TestControlEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	host, _ := net.Pipe() // QEMU never says a word
	failed := make(chan error)
	go func() {
		_, err := openControl(ctx, host, nil)
		failed <- err
	}()
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}
