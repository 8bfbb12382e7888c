package upstream

import (
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestRowsAreWhole(t *testing.T) {
	for kind, rows := range known() {
		seen := map[string]bool{}
		for _, row := range rows {
			if _, err := kernel.ParseVersion(row.Since); err != nil || row.Source == "" || seen[row.Name] {
				t.Errorf("%s: %+v: error %v; it is there twice: %v", kind, row, err, seen[row.Name])
			}
			seen[row.Name] = true
		}
	}
	if _, err := read([]byte("map_typs: []")); err == nil {
		t.Error("an unknown key is taken")
	}
}

func TestIsNewer(t *testing.T) {
	for _, test := range []struct {
		name, version string
		want          bool
	}{
		{"RingBuf", "5.7", true},
		{"RingBuf", "5.8", false},
		{"RingBuf", "6.1", false},
		{"NoSuchMap", "4.9", false},
	} {
		v, err := kernel.ParseVersion(test.version)
		if err != nil {
			t.Fatal(err)
		}
		if got := IsNewer(MapType, test.name, v); got != test.want {
			t.Errorf("%s is newer than %s: %v", test.name, test.version, got)
		}
	}
}
