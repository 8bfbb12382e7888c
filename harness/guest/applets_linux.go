package guest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// busybox is where machines have it.
const busybox = "/bin/busybox"

// linkApplets makes a link for each applet of busybox, where the machine has none: a host cannot
// ask the busybox of another architecture for them. Errors name the file.
func linkApplets() error {
	if _, err := os.Lstat("/bin/sh"); err == nil {
		return nil
	}
	list, err := exec.Command(busybox, "--list-full").Output()
	if err != nil {
		return fmt.Errorf("ask %s for its applets: %w", busybox, err)
	}
	for _, name := range appletPlaces(string(list)) {
		if err := os.Symlink(busybox, name); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	return nil
}

// appletPlaces returns where the applets of a list belong, but for those in directories that
// machines do not have, and for init, which is the agent.
func appletPlaces(list string) []string {
	var places []string
	for _, name := range strings.Fields(list) {
		if slices.Contains([]string{"bin", "sbin", "usr/bin", "usr/sbin"}, filepath.Dir(name)) && name != "sbin/init" {
			places = append(places, "/"+name)
		}
	}
	return places
}
