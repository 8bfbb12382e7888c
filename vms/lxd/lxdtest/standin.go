package lxdtest

import (
	"os"
	"path/filepath"
)

// standIns writes stand-ins for two programs that LXD starts, so that it runs
// virtual machines where the kernel has no vhost_vsock, which our machines do
// not use, and where root may not lift the limit of locked memory.
func (s *Server) standIns(vsock string) error {
	bin := filepath.Join(s.Dir, "stand-ins")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"modprobe": `#!/bin/sh
# Stand-in for modprobe(8) in bpflab's tests: it answers for vhost_vsock.
case "$*" in *vhost_vsock*) ` + vsock + ` ;; esac
exec /sbin/modprobe "$@"
`,
		"lxd-exec": `#!/bin/bash
# Stand-in for lxd's own sub-commands in bpflab's tests: they leave the limit of
# locked memory as it is.
for arg; do
	shift
	case "$arg" in limit=memlock:*) ;; *) set -- "$@" "$arg" ;; esac
done
exec "$(command -v lxd)" "$@"
`,
	} {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			return err
		}
	}
	return nil
}

// environ returns the environment of the daemon and its command.
func (s *Server) environ() []string {
	bin := filepath.Join(s.Dir, "stand-ins")
	return append(os.Environ(),
		"LXD_DIR="+s.Dir,
		"LXD_CONF="+filepath.Join(s.Dir, "client"),
		"LXD_EXEC_PATH="+filepath.Join(bin, "lxd-exec"),
		"PATH="+bin+":"+os.Getenv("PATH"),
	)
}
