package multipass

import (
	"cmp"
	"errors"
	"runtime"
	"strings"
)

// hint returns what the user can do about an error, "" if that is not known.
func hint(err error) string { return hintOn(runtime.GOOS, err) }

func hintOn(system string, err error) string {
	var missing *notInstalled
	var other *wrongKernel
	switch {
	case errors.As(err, &missing):
		return "install it with: " + onSystem(installs, system)
	case errors.As(err, &other):
		return "see what the machine's boot loader has: the kernel may not suit its architecture; without +... the image's own kernel runs"
	}
	message := strings.ToLower(err.Error())
	for _, known := range messages {
		if strings.Contains(message, known.part) {
			return cmp.Or(known.hint, onSystem(known.bySystem, system))
		}
	}
	return ""
}

// onSystem returns the words for a system, those for Linux where it has none.
func onSystem(words map[string]string, system string) string {
	return cmp.Or(words[system], words["linux"])
}

var installs = map[string]string{
	"linux":   "sudo snap install multipass",
	"darwin":  "brew install --cask multipass",
	"windows": "winget install Canonical.Multipass",
}

var startDaemon = map[string]string{
	"linux":   "start its daemon: sudo snap start multipass (snap logs multipass says why it stopped)",
	"darwin":  "start its daemon: sudo launchctl kickstart -k system/com.canonical.multipassd",
	"windows": "start its daemon, as administrator: Start-Service Multipass",
}

const (
	freeDisk   = "free space where multipass keeps its instances: multipass list shows them, bpflab vms gc --provider multipass removes those that are left of bpflab's"
	findImages = "multipass find --force-update shows the images there are; multipass find --show-unsupported those that have grown old"
)

// messages are parts of multipass's own messages, in small letters, as its
// client, its daemon and its drivers write them; of programs in a machine, the
// last few. The first that is found counts.
var messages = []struct {
	part     string
	hint     string
	bySystem map[string]string
}{
	{part: "cannot connect to the multipass socket", bySystem: startDaemon},
	{part: "multipass socket access denied", hint: "the socket belongs to a group (ls -l shows which, mostly sudo or adm): join that and log in again"},
	{part: "not authenticated with the multipass service", hint: "multipass authenticate asks for the passphrase, which someone who is authenticated sets with: multipass set local.passphrase"},
	{part: "unable to find an image matching", hint: findImages},
	{part: "no longer supported", hint: findImages},
	{part: "is unknown or unreachable", hint: "images come from Ubuntu's servers: see whether this host reaches them, then: multipass find --force-update"},
	{part: "cannot connect to the image servers", hint: "images come from Ubuntu's servers: see whether this host reaches them, then: multipass find --force-update"},
	{part: "custom image", hint: "the file must be where multipass's daemon can read it: as a snap, below your home directory and not hidden"},
	{part: "below minimum for this image", hint: freeDisk},
	{part: "no space left", hint: freeDisk},
	{part: "the kvm device cannot be opened", hint: "sudo snap connect multipass:kvm"},
	{part: "kvm support is not enabled", hint: "switch virtualization on in the firmware, or use --provider qemu, which can do without"},
	{part: "virtualization", hint: "switch virtualization on in the firmware's setup, or use --provider qemu, which can do without"},
	{part: "cannot allocate memory", hint: "run fewer machines at once: -j 1"},
	{part: "timed out waiting", hint: "the machine was too slow: run fewer at once (-j 1), and see whether virtualization is on"},
	{part: "invalid memory size", hint: "multipass gives a machine 512M at least"},
	{part: "unable to locate package", hint: "the image's archive has no such package: multipass exec NAME -- apt-cache search linux-image shows what there is"},
	{part: "could not resolve", hint: "machines need the network to install kernels: see whether this host's firewall lets multipass's through"},
	{part: "no such mainline kernel", hint: MainlineArchive + " lists the versions, and which of them were built"},
	{part: "exec format error", hint: "the machine's processor is not the one this bpflab was built for"},
}
