package verdict

import "strings"

// Hypervisor is what ran a cell's machine. What the provider cannot say is absent.
type Hypervisor struct {
	Accelerator string `json:"accelerator,omitempty"` // "kvm" or "tcg"
	Version     string `json:"version,omitempty"`     // "QEMU 7.2.22"
	Binary      string `json:"binary,omitempty"`      // its path
	Machine     string `json:"machine,omitempty"`     // type of the machine, "pc"
	CPU         string `json:"cpu,omitempty"`         // model of its processors, "qemu64,+rdrand"
}

// String returns it in one line, "" if nothing is known of it.
func (h Hypervisor) String() string {
	var parts []string
	for _, part := range [][2]string{{"", h.Accelerator}, {"", h.Version}, {"", h.Binary}, {"machine ", h.Machine}, {"CPU ", h.CPU}} {
		if part[1] != "" {
			parts = append(parts, part[0]+part[1])
		}
	}
	return strings.Join(parts, ", ")
}

// Known returns the hypervisor, nil if nothing is known of it.
func (h Hypervisor) Known() *Hypervisor {
	if h == (Hypervisor{}) {
		return nil
	}
	return &h
}
