package main

import (
	"runtime/debug"
	"testing"
)

// What the linker sets outranks what the go command recorded.
func TestRecordedVersion(t *testing.T) {
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-11-30T00:00:00Z"}}
	for name, test := range map[string]struct {
		module, version, commit           string
		settings                          []debug.BuildSetting
		wantVersion, wantCommit, wantDate string
	}{
		"go install …@v0.2.0":  {"v0.2.0", "dev", "", nil, "v0.2.0", "", ""},
		"go build in a clone":  {"v0.2.1-0.20261130000000-abc+dirty", "dev", "", vcs, "v0.2.1-0.20261130000000-abc+dirty", "abc", "2026-11-30T00:00:00Z"},
		"go build, no VCS":     {"(devel)", "dev", "", nil, "dev", "", ""},
		"make build":           {"(devel)", "90e17e3", "def", nil, "90e17e3", "def", ""},
		"make build, with VCS": {"v0.1.0", "v0.2.0", "def", vcs, "v0.2.0", "def", "2026-11-30T00:00:00Z"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: test.module}, Settings: test.settings}
		v, c, d := recorded(info, test.version, test.commit, "")
		if v != test.wantVersion || c != test.wantCommit || d != test.wantDate {
			t.Errorf("%s: %q %q %q", name, v, c, d)
		}
	}
}
