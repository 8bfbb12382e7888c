// Package kerneltest makes kernels, packages and signed Debian repositories
// that are small and fake but of the right form, for tests. What it cannot
// make it panics on.
package kerneltest

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/binary"
	"fmt"
	"path"

	"github.com/klauspost/compress/zstd"
)

// Vmlinux returns an x86-64 ELF file with a banner of the release, with the PVH
// note if pvh is set, and with extra bytes at its end.
func Vmlinux(release string, pvh bool, extra []byte) []byte {
	var note bytes.Buffer
	put(&note, uint32(4), uint32(8), uint32(noteKind(pvh)), []byte("Xen\x00"), uint64(0x1000000))
	const header, program = 64, 56
	body := fmt.Appendf(nil, "Linux version %s (fake@kerneltest) #1 SMP\x00", release)
	var b bytes.Buffer
	put(&b, elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(elf.EM_X86_64), Version: 1,
		Phoff: header, Ehsize: header, Phentsize: program, Phnum: 1, Shentsize: 64,
	}, elf.Prog64{
		Type: uint32(elf.PT_NOTE), Off: header + program, Filesz: uint64(note.Len()), Align: 4,
	}, note.Bytes(), body, extra)
	return b.Bytes()
}

// noteKind returns the type of the PVH entry note, or of another one.
func noteKind(pvh bool) int {
	if pvh {
		return 18
	}
	return 17
}

// BzImage returns a bzImage with the payload, as Payload makes it.
func BzImage(release string, payload []byte) []byte {
	const setup = 5 * 512 // of the boot sector and four more
	head := make([]byte, setup)
	head[0x1f1] = 4
	binary.LittleEndian.PutUint16(head[0x1fe:], 0xaa55)
	copy(head[0x202:], "HdrS")
	binary.LittleEndian.PutUint16(head[0x206:], 0x20f)
	binary.LittleEndian.PutUint16(head[0x20e:], 0x400)
	copy(head[0x600:], release+" (fake@kerneltest) #1 SMP\x00")
	binary.LittleEndian.PutUint32(head[0x248:], 16)
	binary.LittleEndian.PutUint32(head[0x24c:], uint32(len(payload)))
	return append(append(head, make([]byte, 16)...), payload...)
}

// Payload packs a vmlinux with zstd, as bzImages have it: with its size after
// it.
func Payload(vmlinux []byte) []byte {
	w, err := zstd.NewWriter(nil)
	must(err)
	return WithSize(w.EncodeAll(vmlinux, nil), vmlinux)
}

// WithSize adds the trailer that follows a packed vmlinux.
func WithSize(packed, vmlinux []byte) []byte {
	return binary.LittleEndian.AppendUint32(bytes.Clone(packed), uint32(len(vmlinux)))
}

// Kernel returns a whole bzImage of the release, with a PVH vmlinux in it.
func Kernel(release string) []byte {
	return BzImage(release, Payload(Vmlinux(release, true, nil)))
}

// Entry is one entry of a package: a plain file unless Type says otherwise.
type Entry struct {
	Name string
	Body []byte
	Type byte   // of archive/tar
	Link string // where a link leads
}

// KernelEntries returns what Debian's linux-image of the release has in it.
func KernelEntries(release string) []Entry {
	dir := "./lib/modules/" + release
	return []Entry{
		{Name: "./boot/", Type: tar.TypeDir},
		{Name: "./boot/vmlinuz-" + release, Body: Kernel(release)},
		{Name: "./boot/config-" + release, Body: []byte("CONFIG_BPF_SYSCALL=y\n")},
		{Name: dir + "/kernel/net/veth.ko", Body: []byte("fake module")},
		{Name: dir + "/modules.builtin", Body: []byte("kernel/fake.ko\n")},
		{Name: "./usr/share/doc/linux/copyright", Body: []byte("not kept")},
	}
}

// Deb returns a package with the entries.
func Deb(name, version string, entries []Entry) []byte {
	control := fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: amd64\nDescription: fake\n more\n", name, version)
	var b bytes.Buffer
	b.WriteString("!<arch>\n")
	member(&b, "debian-binary", []byte("2.0\n"))
	member(&b, "control.tar", tarball([]Entry{{Name: "./control", Body: []byte(control)}}))
	member(&b, "data.tar", tarball(entries))
	return b.Bytes()
}

func member(b *bytes.Buffer, name string, body []byte) {
	fmt.Fprintf(b, "%-16s%-12d%-6d%-6d%-8s%-10d`\n", name, 0, 0, 0, "100644", len(body))
	b.Write(body)
	if len(body)%2 == 1 {
		b.WriteByte('\n')
	}
}

func tarball(entries []Entry) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		if e.Type == 0 {
			e.Type = tar.TypeReg
		}
		must(w.WriteHeader(&tar.Header{Name: e.Name, Typeflag: e.Type, Linkname: e.Link, Size: int64(len(e.Body)), Mode: 0o644}))
		_, err := w.Write(e.Body)
		must(err)
	}
	must(w.Close())
	return b.Bytes()
}

// PoolPath returns where a repository keeps the package.
func PoolPath(name, version string) string {
	return path.Join("pool/main/l/linux", name+"_"+version+"_amd64.deb")
}

func put(b *bytes.Buffer, values ...any) {
	for _, v := range values {
		must(binary.Write(b, binary.LittleEndian, v))
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
