package lxd

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/lxd/lxdtest"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// standInOS stands in for a distribution: its files are put over busybox. A
// container stands in for its machine, because LXD's exec reaches a virtual
// machine only where the server has vsock, and no image of a distribution can be
// had here. What is not tested so is a reboot into another kernel.
var standInOS = map[string]string{
	"sbin/init": "#!/bin/sh\ntrap 'exit 0' PWR TERM\nmkdir -p /opt /etc/default /boot/grub\nwhile :; do sleep 1; done\n",
	"bin/dmesg": "#!/bin/sh\necho 'Linux version of the stand-in'\nsleep 1000\n",
	"bin/apt-get": `#!/bin/sh
case "$*" in *update) exit 0 ;; *linux-image-stand-in) ;; *) echo "E: Unable to locate package" >&2; exit 100 ;; esac
release=$(uname -r)
touch /boot/vmlinuz-$release
cat >/boot/grub/grub.cfg <<END
submenu 'Advanced options' \$menuentry_id_option 'gnulinux-advanced-1' {
menuentry 'Linux' \$menuentry_id_option 'gnulinux-$release-advanced-1' {
END
`,
	"bin/dpkg":        "#!/bin/sh\necho /boot/vmlinuz-$(uname -r)\n",
	"bin/update-grub": "#!/bin/sh\ncat /etc/default/grub.d/* >/boot/grub/made\n",
}

// publishStandIn makes an image of the stand-in under an alias.
func publishStandIn(t *testing.T, p *Provider, alias string) {
	t.Helper()
	s, err := p.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	archive, err := p.archive(t.Context(), vmstest.RealAgent(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.publish(t.Context(), archive, standInOS, alias); err != nil {
		t.Fatal(err)
	}
}

func TestImagesOfDistributions(t *testing.T) {
	server := lxdtest.Start(t)
	p := New(Options{Cache: t.TempDir()})
	p.imageType = api.InstanceTypeContainer
	publishStandIn(t, p, "os")
	start := func(selector string) (vms.Machine, error) {
		images, mine, err := p.Resolve(t.Context(), selector)
		if err != nil || !mine {
			t.Fatalf("%s: mine %v, error %v", selector, mine, err)
		}
		return p.Start(t.Context(), vms.Spec{Kernel: images[0], Agent: vmstest.RealAgent(t), Dir: t.TempDir(), Memory: vms.LeastMemory})
	}
	for range 2 { // the second time from what was published
		for _, selector := range []string{"image:os", "image:os+linux-image-stand-in"} {
			m, err := start(selector)
			if err != nil {
				t.Fatalf("%s: %v", selector, err)
			}
			vmstest.Answers(t, m)
			awaitConsole(t, m, "Linux version")
			m.Close()
		}
	}
	if n := strings.Count(server.LXC(t, "image", "list", "--project", "bpflab", "-f", "csv"), "\n") + 1; n != 2 {
		t.Errorf("%d images, want the stand-in's and the one with the kernel", n)
	}
	_, err := start("image:os+linux-image-none")
	says(t, err, "install linux-image-none in os", "Unable to locate package")
	if left, err := p.Orphans(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}

// awaitConsole waits for words on a machine's console: what follows the kernel's
// messages starts beside the agent.
func awaitConsole(t *testing.T, m vms.Machine, words string) {
	t.Helper()
	var console []byte
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if console, _ = os.ReadFile(m.Info().Console); bytes.Contains(console, []byte(words)) {
			return
		}
	}
	t.Errorf("no %q on the console:\n%s", words, console)
}

func TestInstalledKernelThatDoesNotRun(t *testing.T) {
	lxdtest.Start(t)
	p := New(Options{Cache: t.TempDir()})
	p.imageType = api.InstanceTypeContainer
	files := map[string]string{filepath.Clean(installedRelease)[1:]: "9.9-other\n"}
	for name, text := range standInOS {
		files[name] = text
	}
	s, err := p.connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	archive, err := p.archive(t.Context(), vmstest.RealAgent(t))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.publish(t.Context(), archive, files, "os"); err != nil {
		t.Fatal(err)
	}
	images, _, err := p.Resolve(t.Context(), "image:os")
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Start(t.Context(), vms.Spec{Kernel: images[0], Agent: vmstest.RealAgent(t), Dir: t.TempDir(), Memory: vms.LeastMemory})
	says(t, err, "kernel 9.9-other is installed, and the machine runs ")
}
