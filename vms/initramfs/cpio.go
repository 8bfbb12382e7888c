package initramfs

import (
	"bytes"
	"fmt"
	"io"
	"os"
)

// writeEntry writes a newc entry: header, name with its NUL, padding to 4 bytes,
// content, padding. See Linux's Documentation/driver-api/early-userspace/buffer-format.rst.
func writeEntry(to io.Writer, inode uint32, e entry) error {
	content, size, err := e.open()
	if err != nil {
		return err
	}
	defer content.Close()
	head := []byte("070701")
	for _, field := range []uint32{inode, e.mode, 0, 0, 1, 0, uint32(size), 0, 0, e.device[0], e.device[1], uint32(len(e.name) + 1), 0} {
		head = fmt.Appendf(head, "%08X", field)
	}
	head = append(append(head, e.name...), 0)
	if _, err := to.Write(append(head, padding(int64(len(head)))...)); err != nil {
		return err
	}
	switch n, err := io.Copy(to, content); {
	case err != nil:
		return err
	case n != size:
		return fmt.Errorf("%s changed while it was read", e.file)
	}
	_, err = to.Write(padding(size))
	return err
}

// padding follows what is so long.
func padding(size int64) []byte { return make([]byte, -size&3) }

// maxFile is what the size of a file has room for.
const maxFile = 1<<32 - 1

// open is an entry's content, and its size.
func (e entry) open() (io.ReadCloser, int64, error) {
	if e.file == "" {
		return io.NopCloser(bytes.NewReader(e.data)), int64(len(e.data)), nil
	}
	f, err := os.Open(e.file)
	if err != nil {
		return nil, 0, err
	}
	info, err := f.Stat()
	if err == nil && info.Size() > maxFile {
		err = fmt.Errorf("%s has %d bytes, and a file of an initramfs at most %d", e.file, info.Size(), maxFile)
	}
	if err != nil {
		f.Close()
		return nil, 0, err
	}
	return f, info.Size(), nil
}
