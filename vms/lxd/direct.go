package lxd

import (
	"context"
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms/kernel"
)

// bootFiles are the kernel and the initramfs of a machine, paths on this host.
type bootFiles struct {
	kernel, initrd string
	parameter      string   // added to the kernel's command line
	cx16           bool     // the kernel wants a CPU with cmpxchg16b
	notes          []string // on what was damaged and made again
}

// filesOf picks the uncompressed kernel where QEMU can start it, so that the guest need not
// decompress it.
func filesOf(k kernel.Image, initrd string) (bootFiles, error) {
	f := bootFiles{kernel: k.Kernel, initrd: initrd}
	if k.PVH && k.Vmlinux != "" || k.Kernel == "" {
		f.kernel = k.Vmlinux
	}
	if f.kernel == "" {
		return f, fmt.Errorf("kernel %s has no file to boot", k.Selector)
	}
	return f, nil
}

// send brings the files to the server, as templates of the instance: that is
// where LXD's API lets files be that QEMU can read, on any storage pool.
//
// A volume mounted as a directory would be sent only once. But LXD 5.0 closes the
// descriptor of such a directory twice (sockFile in lxd/device/disk.go and proxyFD in
// driver_qemu.go), and thereby closes whatever has got the same number: other machines'
// consoles, or the connection to their QEMU, and hangs.
func (i *instance) send(ctx context.Context, f bootFiles) error {
	for name, file := range map[string]string{"kernel": f.kernel, "initrd": f.initrd} {
		if err := within(ctx, func() error { return i.sendFile(name, file) }); err != nil {
			return fmt.Errorf("bring %s to the server: %w", name, err)
		}
	}
	return nil
}

func (i *instance) sendFile(name, file string) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	return i.server.post(fmt.Sprintf("/1.0/instances/%s/metadata/templates?path=%s", i.name, name), in, info.Size())
}

// directBoot is how QEMU boots them.
type directBoot struct {
	kernel, initrd, log string // paths on the server
	emulate             bool   // without KVM
	cx16                bool   // with cmpxchg16b, then
	parameter           string // added to the kernel's command line
}

// directBoot returns where the files are on the instance's member, whose directory
// is home.
func (i *instance) directBoot(home string) directBoot {
	name := i.name
	if i.server.project != "default" {
		name = i.server.project + "_" + i.name
	}
	templates := path.Join(home, "virtual-machines", name, "templates")
	return directBoot{kernel: path.Join(templates, "kernel"), initrd: path.Join(templates, "initrd"), log: path.Join(home, "logs", name, kernelLog)}
}

// configure writes the boot into the machine's configuration.
func (i *instance) configure(ctx context.Context, b directBoot) error {
	return i.update(ctx, func(put *api.InstancePut) {
		put.Config["raw.qemu"] = b.arguments()
		put.Config["raw.qemu.conf"] = b.sections()
	})
}

// kernelLog is the file on the server that the kernel's console goes to. LXD
// gives out files of such names besides its own: it takes them for the logs of
// snapshots (see lxd/instance_logs.go).
const kernelLog = "snapshot_console.log"

// commandLine is the kernel's. The first serial port is LXD's console and the agent's
// stream, the second is the kernel's console. A kernel that panics does not reboot: LXD
// would start it again, and the log would be lost. The rest is as in package qemu.
const commandLine = "console=ttyS1 panic=0 reboot=t random.trust_cpu=on cryptomgr.notests no_timer_check bpflab.stream=/dev/ttyS0"

// emulatedCPU returns the model that package qemu has under emulation.
func (b directBoot) emulatedCPU() string {
	if b.cx16 {
		return "-cpu qemu64,+rdrand "
	}
	return "-cpu qemu64,+rdrand,-cx16 "
}

// arguments returns what is added to QEMU's command line.
func (b directBoot) arguments() string {
	cpu := ""
	if b.emulate {
		cpu = b.emulatedCPU()
	}
	return fmt.Sprintf("%s-kernel %s -initrd %s -append %q -chardev file,id=klog,path=%s -serial chardev:klog", cpu, b.kernel, b.initrd, strings.TrimSpace(commandLine+" "+b.parameter), b.log)
}

// unused are sections of LXD's QEMU configuration that are left out: a machine
// without firmware, screen and USB starts faster. A vsock device needs a module
// that not every server has.
var unused = []string{
	`[device "qemu_vsock"]`, `[drive][0]`, `[drive][1]`, `[device "qemu_gpu"]`, `[device "qemu_keyboard"]`, `[device "qemu_tablet"]`,
	`[device "qemu_usb"]`, `[device "qemu_spice-usb1"]`, `[device "qemu_spice-usb2"]`, `[device "qemu_spice-usb3"]`,
}

// sections changes QEMU's configuration file: a section without content is left out.
func (b directBoot) sections() string {
	text := strings.Join(unused, "\n") + "\n"
	if b.emulate {
		text = "[machine]\naccel = \"tcg\"\n" + text
	}
	return text
}
