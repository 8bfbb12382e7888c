package guest

import (
	"os"
	"path/filepath"
	"testing"
)

// sysfs makes files below a new directory, which it returns.
func sysfs(t *testing.T, files map[string]string) string {
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestFindPort(t *testing.T) {
	for name, tt := range map[string]struct {
		files  map[string]string
		found  string
		others bool
	}{
		"no port yet":     {nil, "", false},
		"no name yet":     {map[string]string{"vport0p1/name": ""}, "", false},
		"the agent's":     {map[string]string{"vport0p1/name": "bpflab\n"}, "vport0p1", false},
		"among others":    {map[string]string{"vport0p1/name": "org.qemu.guest_agent.0\n", "vport0p2/name": "bpflab\n"}, "vport0p2", false},
		"another agent's": {map[string]string{"vport0p1/name": "org.linuxcontainers.lxd\n"}, "", true},
	} {
		dir, others, err := findPort(sysfs(t, tt.files) + "/*")
		if dir != "" {
			dir = filepath.Base(dir)
		}
		if dir != tt.found || others != tt.others || err != nil {
			t.Errorf("%s: %q, others %t, %v", name, dir, others, err)
		}
	}
}

func TestHasConsole(t *testing.T) {
	for name, tt := range map[string]struct {
		files map[string]string
		want  bool
	}{
		"no virtio":      {nil, false},
		"a network card": {map[string]string{"virtio0/device": "0x0001\n", "virtio0/driver/bind": ""}, false},
		"no driver":      {map[string]string{"virtio0/device": "0x0003\n"}, false},
		"a driver":       {map[string]string{"virtio0/device": "0x0003\n", "virtio0/driver/bind": ""}, true},
	} {
		if got := hasConsole(sysfs(t, tt.files) + "/*"); got != tt.want {
			t.Errorf("%s: %t", name, got)
		}
	}
}
