// Package lease records which process a machine, or a temporary folder, belongs
// to, so that another process, on this host or on another, finds out later whether
// its owner lives.
package lease

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Owner identifies a process uniquely, on all hosts and over all boots. Its text is used in
// labels and file names.
type Owner struct {
	Host  string // the host's identity: what machine-id(5) says, else its name
	Boot  string // the first part of the boot's id; "" where the system has none
	PID   int
	Start string // when the process started, in the system's own unit; "" where it does not say
}

// State says whether an owner still runs.
type State int

const (
	Unknown   State = iota // the zero Owner, which names nobody
	Alive                  // it runs
	Dead                   // it has ended
	Elsewhere              // it is, or was, on another host
)

func (s State) String() string { return [...]string{"unknown", "alive", "dead", "elsewhere"}[s] }

// Self returns the Owner that is this process.
func Self() Owner {
	return Owner{Host: host(), Boot: boot(), PID: os.Getpid(), Start: startOf(os.Getpid())}
}

// String returns the owner as text of letters, digits, dots and dashes.
func (o Owner) String() string {
	if o.PID == 0 {
		return ""
	}
	return fmt.Sprintf("%s.%s.%d.%s", o.Host, o.Boot, o.PID, o.Start)
}

// Parse reads an owner's text. Text that no Owner has made is the zero Owner,
// which names nobody.
func Parse(text string) Owner {
	parts := strings.Split(text, ".")
	if len(parts) != 4 || parts[0] == "" {
		return Owner{}
	}
	pid, err := strconv.Atoi(parts[2])
	if err != nil || pid <= 0 {
		return Owner{}
	}
	return Owner{Host: parts[0], Boot: parts[1], PID: pid, Start: parts[3]}
}

// State reports whether the owner lives.
func (o Owner) State() State {
	switch {
	case o.PID == 0:
		return Unknown
	case o.Host != host():
		return Elsewhere
	case o.Boot != boot() || !runs(o.PID) || startOf(o.PID) != o.Start:
		return Dead
	}
	return Alive
}

// host returns the host's identity without what an owner's text cannot hold.
func host() string {
	name, _ := os.Hostname()
	if id, err := os.ReadFile("/etc/machine-id"); err == nil && len(id) > 12 {
		name = string(id[:12])
	}
	return label(name)
}

// boot returns the beginning of the boot's id.
func boot() string {
	id := BootID()
	return label(id[:min(8, len(id))])
}

// BootID returns the id that the host's kernel has chosen when it started, "" where the
// system has none.
func BootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // Linux alone has it
	return strings.TrimSpace(string(id))
}

// label returns a text with a dash for all that an owner's text cannot hold.
func label(s string) string {
	s = strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}, s)
	if s == "" {
		return "-"
	}
	return s
}
