package guest

import (
	"encoding/binary"
	"fmt"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// identity is what a machine needs to become another than all that were copied
// from the same template. Its files are opened before the copying: on an
// emulated CPU a copy has all its code still to translate, so little should be
// left to do in it.
type identity struct {
	random, hostname, machineID int // open files
	bootID                      int
}

// prepareIdentity opens what become needs. The boot id is not read: the kernel makes
// it when it is first asked for. The files of names get text of the right length, so that
// settle need only write over it.
func prepareIdentity() (identity, error) {
	var id identity
	for _, f := range []struct {
		fd   *int
		path string
		flag int
	}{
		{&id.random, "/dev/urandom", unix.O_WRONLY},
		{&id.hostname, "/etc/hostname", unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC},
		{&id.machineID, "/etc/machine-id", unix.O_WRONLY | unix.O_CREAT | unix.O_TRUNC},
		{&id.bootID, bootIDFile, unix.O_RDONLY},
	} {
		fd, err := unix.Open(f.path, f.flag|unix.O_CLOEXEC, 0o644)
		if err != nil {
			return id, fmt.Errorf("open %s: %w", f.path, err)
		}
		*f.fd = fd
	}
	return id, id.write(wire.Resume{})
}

func (id *identity) close() {
	for _, fd := range []int{id.random, id.hostname, id.machineID, id.bootID} {
		unix.Close(fd)
	}
}

// become takes in the entropy of a resume frame, before anything else, because all may
// draw from it, and returns the kernel's identity of this machine. In a rehearsal it has none,
// and the kernel is not asked for its own.
func (id *identity) become(w wire.Resume) (bootID string, err error) {
	if w.Rehearse {
		return "", nil
	}
	if err := reseed(id.random, w.Seed[:]); err != nil {
		return "", fmt.Errorf("seed the kernel's random pool: %w", err)
	}
	text := make([]byte, 64)
	n, err := unix.Pread(id.bootID, text, 0)
	if err != nil || n < 1 {
		return "", fmt.Errorf("read the boot id: %d bytes, %w", n, err)
	}
	return string(text[:n-1]), nil // less the newline
}

// settle sets the clock and gives the machine its names. The host's first call
// is on its way meanwhile.
func (id *identity) settle(w wire.Resume) error {
	if w.Rehearse {
		return nil
	}
	now := unix.NsecToTimespec(w.Time.UnixNano())
	if err := unix.ClockSettime(unix.CLOCK_REALTIME, &now); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	if err := unix.Sethostname([]byte(w.Hostname())); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	return id.write(w)
}

// write writes the names to their files.
func (id *identity) write(w wire.Resume) error {
	if _, err := unix.Pwrite(id.hostname, []byte(w.Hostname()+"\n"), 0); err != nil {
		return fmt.Errorf("write /etc/hostname: %w", err)
	}
	if _, err := unix.Pwrite(id.machineID, []byte(w.MachineID()+"\n"), 0); err != nil {
		return fmt.Errorf("write /etc/machine-id: %w", err)
	}
	return nil
}

// reseed credits the seed to the kernel's random pool and has the generator
// take from it at once. See random(4) for both ioctls.
func reseed(fd int, seed []byte) error {
	// struct rand_pool_info: bits of entropy, bytes, the bytes
	info := binary.NativeEndian.AppendUint32(nil, uint32(8*len(seed)))
	info = binary.NativeEndian.AppendUint32(info, uint32(len(seed)))
	info = append(info, seed...)
	if _, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), unix.RNDADDENTROPY, uintptr(unsafe.Pointer(&info[0]))); errno != 0 {
		return errno
	}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(fd), rndReseedCRNG, 0)
	if errno != 0 && errno != unix.EINVAL { // before 4.17 there is no such call
		return errno
	}
	return nil
}

// rndReseedCRNG is RNDRESEEDCRNG of include/uapi/linux/random.h.
const rndReseedCRNG = 0x5207
