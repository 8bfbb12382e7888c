package installed_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/installed"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/sourcetest"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// Generation 2 is another build of the same release: a machine has no newer kernel of that name.
func TestConformance(t *testing.T) {
	const release = "6.1.0-56-amd64"
	sourcetest.Run(t, sourcetest.Subject{
		Name: kernel.Host, Selector: "host/" + release, Releases: [2]string{release, release},
		Claims: map[string]string{"host/6.5.0": "6.5.0"},
		Lacks: map[string]string{
			"mirror":      "its kernels are files of this machine",
			"offline":     "its kernels are files of this machine",
			"expired key": "nobody signs what is installed",
			"wrong key":   "nobody signs what is installed; who may write to /boot is root already",
			"damaged":     "nothing vouches for what is installed but itself: other bytes are another kernel",
			"replayed":    "what is installed is what counts, however old",
			"locked":      "such a kernel exists here alone",
			"gone":        "what cannot be pinned cannot be missed",
		},
		New: func(_ *testing.T, mirror sourcetest.Mirror, _ []byte, kept *store.Store) kernel.Source {
			return installed.New(installed.Options{Files: kept, Root: mirror.Dir, Running: release})
		},
		Publish: func(t *testing.T, mirror sourcetest.Mirror, _ kerneltest.Key, _ time.Time, generation int) {
			for name, body := range map[string][]byte{
				"boot/vmlinuz-" + release:                        kerneltest.BzImage(release, kerneltest.Payload(kerneltest.Vmlinux(release, true, []byte{byte(generation)}))),
				"boot/config-" + release:                         []byte("CONFIG_BPF=y\n"),
				"lib/modules/" + release + "/kernel/net/veth.ko": []byte("module"),
			} {
				file := filepath.Join(mirror.Dir, name)
				if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, body, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		},
	})
}
