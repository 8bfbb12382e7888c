package initramfs

import "fmt"

// headerSize is the size of a newc header: Linux's
// Documentation/driver-api/early-userspace/buffer-format.rst.
const headerSize = 110

// appendEntry appends a newc entry: header, name with its NUL, padding to 4
// bytes, data, padding.
func appendEntry(out []byte, inode uint32, e entry) []byte {
	out = append(out, "070701"...)
	for _, field := range []uint32{inode, e.mode, 0, 0, 1, 0, uint32(len(e.data)), 0, 0, e.device[0], e.device[1], uint32(len(e.name) + 1), 0} {
		out = fmt.Appendf(out, "%08X", field)
	}
	out = append(append(out, e.name...), 0)
	out = append(pad(out), e.data...)
	return pad(out)
}

func pad(out []byte) []byte {
	for len(out)%4 != 0 {
		out = append(out, 0)
	}
	return out
}
