//go:build linux

package standby

import (
	"errors"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// directory is an open directory that only this user may enter. Its lock is the server's.
type directory struct{ file *os.File }

// openDirectory opens a directory, and refuses one that others own or may enter.
func openDirectory(path string) (directory, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return directory{}, &os.PathError{Op: "open", Path: path, Err: err}
	}
	d := directory{os.NewFile(uintptr(fd), path)}
	if err := d.check(); err != nil {
		d.close()
		return directory{}, err
	}
	return d, nil
}

// makeDirectory makes the directory where there is none, and opens it.
func makeDirectory(path string) (directory, error) {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return directory{}, err
	}
	return openDirectory(path)
}

func (d directory) check() error {
	var at unix.Stat_t
	if err := unix.Fstat(int(d.file.Fd()), &at); err != nil {
		return err
	}
	if at.Uid != uint32(os.Getuid()) || at.Mode&0o077 != 0 {
		return fmt.Errorf("%s is for user %d with the mode %o; a directory for standby machines is for its user alone", d.file.Name(), at.Uid, at.Mode&0o777)
	}
	return nil
}

func (d directory) close() { d.file.Close() }

// socket returns the path of the server's socket, which is short however long that of the
// directory is: the system takes 107 bytes.
func (d directory) socket() string { return fmt.Sprintf("/proc/self/fd/%d/socket", d.file.Fd()) }

// errLocked is a directory that a server has already.
var errLocked = errors.New("a standby runs already")

// lock takes the directory for a server. The lock ends with the last copy of the open file.
func (d directory) lock() error {
	err := unix.Flock(int(d.file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return errLocked
	}
	return err
}
