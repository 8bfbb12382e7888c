package guest

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// moduleOrder lists the modules of the initramfs, dependencies first; %s is
// the kernel's release.
const moduleOrder = "/lib/modules/%s/bpflab.order"

// loadModules loads every module of the list. One that does not load (its
// device is missing, say) does not keep the others from loading.
func loadModules() error {
	release, err := uname()
	if err != nil {
		return err
	}
	var errs []error
	for _, path := range lines(fmt.Sprintf(moduleOrder, release)) {
		if err := loadModule(path); err != nil {
			errs = append(errs, fmt.Errorf("module %s: %w", path, err))
		}
	}
	return errors.Join(errs...)
}

func loadModule(path string) error {
	f, err := os.Open(strings.TrimSpace(path))
	if err != nil {
		return err
	}
	defer f.Close()
	err = unix.FinitModule(int(f.Fd()), "", 0)
	if err == unix.EEXIST {
		return nil
	}
	return err
}

func uname() (string, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", fmt.Errorf("uname: %w", err)
	}
	return unix.ByteSliceToString(u.Release[:]), nil
}
