//go:build linux

package qemu

import "encoding/json"

// heard takes QEMU's events.
func (m *machine) heard(e event) {
	var data struct {
		Reason string `json:"reason"` // of SHUTDOWN
		Status string `json:"status"` // of MIGRATION
	}
	if json.Unmarshal(e.Data, &data) != nil && e.Data != nil {
		return
	}
	switch e.Name {
	case "SHUTDOWN":
		m.shutdown = data.Reason
	case "RESUME":
		closeOnce(m.resumed)
	case "MIGRATION":
		select {
		case m.migrated <- data.Status:
		default: // nobody waits for so many
		}
	}
}

// closeOnce closes a channel that only this goroutine closes.
func closeOnce(c chan struct{}) {
	select {
	case <-c:
	default:
		close(c)
	}
}
