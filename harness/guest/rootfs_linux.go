package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"golang.org/x/sys/unix"
)

// roots are the root directories that commands run in, made ready once each.
type roots struct {
	mu    sync.Mutex
	ready map[string]bool
}

// shared is what a root directory has of the machine's.
var sharedDirs = []string{"/proc", "/sys", "/dev", "/run"}

// prepare makes a root directory a mount of its own, without which nothing in it could
// change the propagation of "/" (unshare -m, ip netns exec), and gives it the kernel's file
// systems, the machine's modules unless it has some, the kernel's configuration and a /tmp.
// "" is the machine's own root.
func (r *roots) prepare(root string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if root == "" || r.ready[root] {
		return nil
	}
	if err := unix.Mount(root, root, "", unix.MS_BIND, ""); err != nil {
		return err
	}
	dirs := sharedDirs
	if _, err := os.Stat(filepath.Join(root, "lib/modules")); errors.Is(err, os.ErrNotExist) {
		dirs = append(dirs[:len(dirs):len(dirs)], "/lib/modules")
	}
	for _, dir := range dirs {
		at := filepath.Join(root, dir)
		if err := os.MkdirAll(at, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(dir, at, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
			return fmt.Errorf("bind %s to %s: %w", dir, at, err)
		}
	}
	if err := giveConfig(root); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, "tmp"), 0o777); err != nil {
		return err
	}
	if r.ready == nil {
		r.ready = map[string]bool{}
	}
	r.ready[root] = true
	return os.Chmod(filepath.Join(root, "tmp"), 0o777|os.ModeSticky)
}

// giveConfig puts the kernel's configuration where libbpf looks for it, unless the root
// directory has it, or the machine has none.
func giveConfig(root string) error {
	release, err := uname()
	if err != nil {
		return err
	}
	name := "/boot/config-" + release
	text, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	at := filepath.Join(root, name)
	if _, there := os.Stat(at); err != nil || there == nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
		return err
	}
	return os.WriteFile(at, text, 0o644)
}
