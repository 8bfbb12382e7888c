package initramfs

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"strings"
)

// ErrNoBusybox is a machine without a static busybox.
var ErrNoBusybox = errors.New("no statically linked busybox")

var busyboxPlaces = []string{"/bin/busybox", "/usr/bin/busybox", "/usr/local/bin/busybox", "/usr/lib/busybox/busybox-static"}

// FindBusybox finds $BPFLAB_BUSYBOX, or a static busybox in one of the usual
// places. The error is an ErrNoBusybox.
func FindBusybox() (string, error) {
	if name := os.Getenv("BPFLAB_BUSYBOX"); name != "" {
		return name, checkStatic(name)
	}
	for _, name := range busyboxPlaces {
		if checkStatic(name) == nil {
			return name, nil
		}
	}
	return "", ErrNoBusybox
}

// checkStatic refuses what would not run alone in a machine.
func checkStatic(name string) error {
	f, err := elf.Open(name)
	if err != nil {
		return fmt.Errorf("%w: %s: %v", ErrNoBusybox, name, err)
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return fmt.Errorf("%w: %s is linked dynamically", ErrNoBusybox, name)
		}
	}
	return nil
}

// busybox is the binary and a link for each of its applets, where busybox
// itself would install it.
func busybox(ctx context.Context, name string) ([]entry, error) {
	if name == "" {
		found, err := FindBusybox()
		if err != nil {
			return nil, err
		}
		name = found
	}
	binary, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("busybox: %w", err)
	}
	list, err := exec.CommandContext(ctx, name, "--list-full").Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s for its applets: %w", name, err)
	}
	out := []entry{{name: "bin/busybox", mode: typeFile | 0o755, data: binary}}
	for _, applet := range strings.Fields(string(list)) {
		if place, ok := appletPlace(applet); ok {
			out = append(out, entry{name: place, mode: typeLink | 0o777, data: []byte("/bin/busybox")})
		}
	}
	return out, nil
}

// appletPlace keeps applets in the directories that a machine has. An applet
// named like what is there already is left out.
func appletPlace(applet string) (string, bool) {
	switch path.Dir(applet) {
	case "bin", "sbin", "usr/bin", "usr/sbin":
		return applet, applet != "bin/busybox" && applet != "sbin/init"
	}
	return "", false
}
