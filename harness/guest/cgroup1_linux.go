package guest

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// mountCgroup1 mounts the hierarchies of cgroup v1 below root, one for each controller that
// list (/proc/cgroups) names, as systemd does with its legacy hierarchy. A controller that
// the kernel only has in cgroup2 is left out, with a line on the console; it is an error if
// that leaves none.
func mountCgroup1(root, list string) error {
	if err := (filesystem{kind: "tmpfs", dir: root}).mount(); err != nil {
		return fmt.Errorf("mount tmpfs on %s: %w", root, err)
	}
	var failed []error
	mounted := 0
	for _, name := range controllers(list) {
		if err := (filesystem{kind: "cgroup", dir: filepath.Join(root, name)}).mountWith(name); err != nil {
			failed = append(failed, fmt.Errorf("no cgroup v1 with %s: %w", name, err))
			continue
		}
		mounted++
	}
	for _, err := range failed {
		complain(err)
	}
	if mounted == 0 {
		return errors.Join(append(failed, fmt.Errorf("%s has no controller for cgroup v1", list))...)
	}
	return nil
}

// controllers returns the names in a file such as /proc/cgroups: a line for each, with name,
// hierarchy, number of groups, and 1 if it is on.
func controllers(file string) []string {
	var names []string
	for _, line := range lines(file) {
		f := strings.Fields(line)
		if len(f) == 4 && f[3] == "1" && !strings.HasPrefix(line, "#") {
			names = append(names, f[0])
		}
	}
	return names
}
