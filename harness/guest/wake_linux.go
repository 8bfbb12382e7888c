package guest

import (
	"encoding/binary"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/wire"
)

// become makes this machine another than all that were copied from the same
// template. The random pool comes first: everything else may draw from it.
func become(w wire.Wake) error {
	if err := reseed(w.Seed); err != nil {
		return fmt.Errorf("seed the kernel's random pool: %w", err)
	}
	now := unix.NsecToTimespec(w.Time.UnixNano())
	if err := unix.ClockSettime(unix.CLOCK_REALTIME, &now); err != nil {
		return fmt.Errorf("set the clock: %w", err)
	}
	if err := unix.Sethostname([]byte(w.Hostname)); err != nil {
		return fmt.Errorf("set the host name: %w", err)
	}
	for path, text := range map[string]string{"/etc/hostname": w.Hostname, "/etc/machine-id": w.MachineID} {
		if err := os.WriteFile(path, []byte(text+"\n"), 0o444); err != nil {
			return err
		}
	}
	return nil
}

// reseed credits the seed to the kernel's random pool and has the generator
// take from it at once. See random(4) for both ioctls.
func reseed(seed []byte) error {
	fd, err := unix.Open("/dev/urandom", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
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
