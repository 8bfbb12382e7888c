package main

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// A plain build says what to do about an agent that it does not have.
func TestForeignAgent(t *testing.T) {
	t.Setenv("BPFLAB_CACHE", t.TempDir())
	for _, arch := range kernel.Arches() {
		path, err := foreignAgent(arch)
		if err == nil || !strings.Contains(err.Error(), string(arch)) || !strings.Contains(err.Error(), "make build") {
			t.Errorf("%s: %q, %v", arch, path, err)
		}
	}
	t.Setenv("BPFLAB_AGENT_ARM64", "/some/agent")
	if path, err := foreignAgent(kernel.ARM64); err != nil || path != "/some/agent" {
		t.Errorf("%q, %v", path, err)
	}
}
