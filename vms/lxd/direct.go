package lxd

import (
	"context"
	"fmt"
	"path"
	"strings"

	"github.com/canonical/lxd/shared/api"
)

// directBoot is how QEMU is told to boot our files.
type directBoot struct {
	kernel, initrd, log string // paths on the server
	pool, volume        string
	emulate             bool // without KVM
}

// at says where the files are on the instance's member, whose directory is home.
func (f bootFiles) at(home, pool string, i *instance) directBoot {
	project := i.server.project
	mounted := path.Join(home, "storage-pools", pool, "custom", project+"_"+f.volume)
	logs := i.name
	if project != "default" {
		logs = project + "_" + i.name
	}
	return directBoot{
		kernel: path.Join(mounted, "kernel"), initrd: path.Join(mounted, "initrd"), log: path.Join(home, "logs", logs, kernelLog),
		pool: pool, volume: f.volume,
	}
}

// configure writes the boot into the machine's configuration.
func (i *instance) configure(ctx context.Context, b directBoot) error {
	return i.update(ctx, func(put *api.InstancePut) {
		put.Config["raw.qemu"] = b.arguments()
		put.Config["raw.qemu.conf"] = b.sections()
		put.Config["raw.apparmor"] = path.Dir(b.kernel) + "/** r,"
		put.Devices["kernel"] = map[string]string{"type": "disk", "pool": b.pool, "source": b.volume, "path": "/kernel", "boot.priority": "10"}
	})
}

// kernelLog is the file on the server that the kernel's console goes to. LXD
// gives out files of such names besides its own: it takes them for the logs of
// snapshots (see lxd/instance_logs.go).
const kernelLog = "snapshot_console.log"

// commandLine is the kernel's. The first serial port is LXD's console and our
// stream, the second is the kernel's. A kernel that panics stays where it is:
// LXD would boot it again, and the log would be gone. The rest is as in package
// qemu.
const commandLine = "console=ttyS1 panic=0 reboot=t random.trust_cpu=on cryptomgr.notests no_timer_check bpflab.stream=/dev/ttyS0"

// emulatedCPU is the model that package qemu has under emulation.
const emulatedCPU = "-cpu qemu64,-cx16,+rdrand "

// arguments are added to QEMU's command line.
func (b directBoot) arguments() string {
	cpu := ""
	if b.emulate {
		cpu = emulatedCPU
	}
	return fmt.Sprintf("%s-kernel %s -initrd %s -append %q -chardev file,id=klog,path=%s -serial chardev:klog", cpu, b.kernel, b.initrd, commandLine, b.log)
}

// unused are sections of LXD's QEMU configuration that are left out: a machine
// without firmware, screen and USB starts faster. A vsock device needs a module
// that not every server has.
var unused = []string{
	`[device "qemu_vsock"]`, `[drive][0]`, `[drive][1]`, `[device "qemu_gpu"]`, `[device "qemu_keyboard"]`, `[device "qemu_tablet"]`,
	`[device "qemu_usb"]`, `[device "qemu_spice-usb1"]`, `[device "qemu_spice-usb2"]`, `[device "qemu_spice-usb3"]`,
}

// sections change QEMU's configuration file: one without content is left out.
func (b directBoot) sections() string {
	text := strings.Join(unused, "\n") + "\n"
	if b.emulate {
		text = "[machine]\naccel = \"tcg\"\n" + text
	}
	return text
}
