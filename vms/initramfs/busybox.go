package initramfs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
)

// ErrNoBusybox means that this machine has no static busybox.
var ErrNoBusybox = errors.New("no statically linked busybox")

// busyboxNames are looked for in PATH, busyboxPlaces where PATH leaves out what
// a package has installed.
var (
	busyboxNames  = []string{"busybox-static", "busybox.static", "busybox"}
	busyboxPlaces = []string{"/bin/busybox", "/usr/bin/busybox", "/usr/local/bin/busybox", "/usr/sbin/busybox", "/usr/lib/busybox/busybox-static"}
)

// FindBusybox finds a static busybox: $BPFLAB_BUSYBOX, which then must be one,
// else busybox-static or busybox in PATH, else one of the usual places. The
// error is an ErrNoBusybox.
func FindBusybox() (string, error) {
	if wanted := os.Getenv("BPFLAB_BUSYBOX"); wanted != "" {
		return namedBusybox(wanted)
	}
	for _, name := range slices.Concat(busyboxNames, busyboxPlaces) {
		if path, err := exec.LookPath(name); err == nil && checkBusybox(path) == nil {
			return path, nil
		}
	}
	return "", ErrNoBusybox
}

// namedBusybox returns the one the user wants, by path or by name.
func namedBusybox(wanted string) (string, error) {
	path, err := exec.LookPath(wanted)
	if err != nil {
		return "", fmt.Errorf("%w: BPFLAB_BUSYBOX: %v", ErrNoBusybox, err)
	}
	if err := checkBusybox(path); err != nil {
		return "", fmt.Errorf("%w: BPFLAB_BUSYBOX: %s %v", ErrNoBusybox, path, err)
	}
	return path, nil
}

func checkBusybox(path string) error {
	program, err := os.Open(path)
	if err != nil {
		return err
	}
	defer program.Close()
	return checkStatic(program)
}

// busybox returns the binary and a link for each of its applets, where busybox
// itself would install it.
func busybox(ctx context.Context, name string) ([]entry, error) {
	if name == "" {
		found, err := FindBusybox()
		if err != nil {
			return nil, err
		}
		name = found
	}
	list, err := exec.CommandContext(ctx, name, "--list-full").Output()
	if err != nil {
		return nil, fmt.Errorf("ask %s for its applets: %w", name, err)
	}
	out := []entry{programEntry("bin/busybox", name)}
	for _, applet := range strings.Fields(string(list)) {
		if place, ok := appletPlace(applet); ok {
			out = append(out, linkEntry(place, "/bin/busybox"))
		}
	}
	return out, nil
}

// appletPlace keeps applets in the directories that a machine has. It leaves out an applet
// whose path exists already.
func appletPlace(applet string) (string, bool) {
	switch path.Dir(applet) {
	case "bin", "sbin", "usr/bin", "usr/sbin":
		return applet, applet != "bin/busybox" && applet != "sbin/init"
	}
	return "", false
}
