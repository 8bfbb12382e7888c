//go:build linux

package qemu

import (
	"encoding/json"
	"fmt"
)

// command is an instruction to QEMU.
type command struct {
	Execute   string `json:"execute"`
	Arguments any    `json:"arguments,omitempty"`
	ID        int    `json:"id"`
}

// message is anything QEMU sends: the greeting, an answer or an event.
type message struct {
	Greeting json.RawMessage `json:"QMP"`
	ID       int             `json:"id"`
	Return   json.RawMessage `json:"return"`
	Error    *commandError   `json:"error"`
	Event    string          `json:"event"`
	Data     json.RawMessage `json:"data"`
}

// event is something that happened to a machine.
type event struct {
	Name string          // SHUTDOWN, STOP, MIGRATION, ...
	Data json.RawMessage // its arguments, or nil
}

// commandError is QEMU's refusal of a command.
type commandError struct {
	Class string `json:"class"`
	Text  string `json:"desc"`
}

func (e *commandError) Error() string { return e.Text }

// into decodes the answer to the command called name.
func (m message) into(name string, result any) error {
	if m.Error != nil {
		return fmt.Errorf("%s: %w", name, m.Error)
	}
	if result == nil {
		return nil
	}
	if err := json.Unmarshal(m.Return, result); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
