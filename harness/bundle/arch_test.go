package bundle

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// program writes the header of an ELF program for a machine.
func program(t *testing.T, machine elf.Machine, order binary.ByteOrder) string {
	t.Helper()
	data := byte(elf.ELFDATA2LSB)
	if order == binary.ByteOrder(binary.BigEndian) {
		data = byte(elf.ELFDATA2MSB)
	}
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: 1, Ehsize: 64, Phentsize: 56, Shentsize: 64}
	copy(h.Ident[:], append([]byte(elf.ELFMAG), byte(elf.ELFCLASS64), data, 1))
	var b bytes.Buffer
	binary.Write(&b, order, h)
	name := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(name, b.Bytes(), 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestArchOf(t *testing.T) {
	little, big := binary.ByteOrder(binary.LittleEndian), binary.ByteOrder(binary.BigEndian)
	for _, test := range []struct {
		machine elf.Machine
		order   binary.ByteOrder
		want    kernel.Arch
	}{
		{elf.EM_X86_64, little, kernel.AMD64}, {elf.EM_AARCH64, little, kernel.ARM64}, {elf.EM_S390, big, kernel.S390X},
		{elf.EM_RISCV, little, kernel.RISCV64}, {elf.EM_PPC64, little, kernel.PPC64EL}, {elf.EM_PPC64, big, ""}, {elf.EM_MIPS, little, ""},
	} {
		if got := ArchOf(program(t, test.machine, test.order)); got != test.want {
			t.Errorf("%s, %s: %q, want %q", test.machine, test.order, got, test.want)
		}
	}
	script := filepath.Join(t.TempDir(), "script")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if got := ArchOf(script); got != "" {
		t.Errorf("a script is for %s", got)
	}
}

func TestCheckArch(t *testing.T) {
	arm := program(t, elf.EM_AARCH64, binary.LittleEndian)
	fits := kernel.Image{Selector: "6.12/arm64", Arch: kernel.ARM64, Kernel: "/image"}
	other := kernel.Image{Selector: "6.1/s390x", Arch: kernel.S390X, Kernel: "/image"}
	if err := CheckArch(arm, []kernel.Image{fits, {Selector: "host"}}); err != nil {
		t.Errorf("what fits: %v", err)
	}
	err := CheckArch(arm, []kernel.Image{fits, other})
	if want := "is a program for arm64, and the kernel 6.1/s390x is for s390x: give one that is compiled for s390x, or kernels with --arch arm64"; err == nil || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("what does not: %v, want %s", err, want)
	}
	if err := CheckArch(arm, []kernel.Image{{Selector: "6.1", Kernel: "/image"}}); !errors.As(err, new(*ArchError)) {
		t.Errorf("of amd64: %v", err)
	}
}

// Libraries of another architecture are looked for where its cross compiler has them; one that is
// not there is named.
func TestForeignLibraries(t *testing.T) {
	err := new(Files).foreignLibraries(program(t, elf.EM_AARCH64, binary.LittleEndian), "/lib/ld-that-is-nowhere.so.1", kernel.ARM64)
	var missing *LibraryError
	if !errors.As(err, &missing) || missing.Library != "ld-that-is-nowhere.so.1" {
		t.Errorf("%v", err)
	}
}
