package scheduler

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
)

const gib, mib = 1 << 30, 1 << 20

func TestHostMeter(t *testing.T) {
	for name, want := range map[string]Memory{
		"host":         {12 * gib, 16 * gib},
		"v2-max":       {12 * gib, 16 * gib},
		"v2-nested":    {3 * gib / 2, 4 * gib},
		"v2-high":      {0, 2 * gib},
		"v2-outside":   {2 * gib, 3 * gib},
		"v2-escaped":   {2 * gib, 3 * gib},
		"v1-container": {768 * mib, 2 * gib},
		"v1-unlimited": {},
		"no-meminfo":   {768 * mib, gib},
		"nothing":      {},
		"broken":       {},
	} {
		t.Run(name, func(t *testing.T) {
			if got := hostMeter(recorded(t, name))(); got != want {
				t.Errorf("%d MiB of %d are available, want %d of %d",
					got.Available/mib, got.Total/mib, want.Available/mib, want.Total/mib)
			}
		})
	}
}

func TestHostMeterReadsAnew(t *testing.T) {
	root := recorded(t, "host")
	meter := hostMeter(root)
	before := meter()
	root["proc/meminfo"] = &fstest.MapFile{Data: []byte("MemTotal: 16777216 kB\nMemAvailable: 1024 kB\n")}
	if after := meter(); before.Available == mib || after.Available != mib {
		t.Errorf("%d bytes, then %d; want 1 MiB from then on", before.Available, after.Available)
	}
}

// The machine of the test is one more case; what it has is not known here.
func TestHostMeterOfThisMachine(t *testing.T) {
	root := os.DirFS("/")
	if _, err := fs.Stat(root, "proc/meminfo"); err != nil {
		t.Skip("no /proc/meminfo")
	}
	if m := hostMeter(root)(); m.Total <= 0 || m.Available > m.Total {
		t.Errorf("%d bytes of %d are available", m.Available, m.Total)
	}
}

// recorded returns the files of a host, from testdata.
func recorded(t *testing.T, name string) fstest.MapFS {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("testdata", "memory", name+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	root := fstest.MapFS{}
	for _, f := range archive.Files {
		root[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return root
}

func TestHostIsShort(t *testing.T) {
	for name, want := range map[string]bool{"host": false, "v2-high": true, "nothing": false} {
		if got := isShort(hostMeter(recorded(t, name))); got != want {
			t.Errorf("%s: short of memory: %t, want %t", name, got, want)
		}
	}
}
