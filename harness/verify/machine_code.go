package verify

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/vms/install"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/lease"
)

// disassembler finds llvm-objdump, also with a version in its name.
func disassembler() (string, error) {
	names := []string{"llvm-objdump"}
	for version := 25; version >= 11; version-- {
		names = append(names, fmt.Sprintf("llvm-objdump-%d", version))
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("llvm-objdump is not on this machine, and nothing else disassembles as the kernel's tests do; " + install.Host().Hint(install.LLVM))
}

// machineCode disassembles the functions of a program as the kernel's runner prints them
// (jit_disasm_helpers.c of its tests): the offset, the bytes, a label where a jump goes, and the
// instruction.
func machineCode(ctx context.Context, code []byte, sizes []int, arch kernel.Arch) (string, error) {
	tool, err := disassembler()
	if err != nil {
		return "", err
	}
	if len(sizes) == 0 {
		sizes = []int{len(code)}
	}
	var out strings.Builder
	for i, size := range sizes {
		if size < 0 || size > len(code) {
			return "", fmt.Errorf("the kernel's function %d has %d bytes, of %d that are left", i, size, len(code))
		}
		text, err := oneFunction(ctx, tool, code[:size], arch)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&out, "func #%d:\n%s\n", i, text)
		code = code[size:]
	}
	return out.String(), nil
}

func oneFunction(ctx context.Context, tool string, code []byte, arch kernel.Arch) (string, error) {
	dir, remove, err := lease.MkdirTemp("", lease.Prefix+"jited-")
	if err != nil {
		return "", err
	}
	defer remove()
	file := filepath.Join(dir, "code.o")
	if err := os.WriteFile(file, codeObject(code, arch), 0o600); err != nil {
		return "", err
	}
	text, err := exec.CommandContext(ctx, tool, "-d", "--no-show-raw-insn", "--print-imm-hex", file).Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w", tool, err)
	}
	return labelled(string(text), code), nil
}

// machines are the numbers of architectures in ELF files.
var machines = map[kernel.Arch]uint16{kernel.AMD64: 62, kernel.ARM64: 183, kernel.RISCV64: 243, kernel.S390X: 22, kernel.PPC64EL: 21}

// codeObject returns an ELF file with code as its only section beside that of names.
func codeObject(code []byte, arch kernel.Arch) []byte {
	var out bytes.Buffer
	order, data := binary.ByteOrder(binary.LittleEndian), byte(1)
	arch = arch.OrDefault()
	if arch.BigEndian() {
		order, data = binary.BigEndian, 2
	}
	names := "\x00.text\x00.shstrtab\x00"
	put := func(v ...any) {
		for _, one := range v {
			binary.Write(&out, order, one)
		}
	}
	const head, section = 64, 64
	at := uint64(head + len(code) + len(names))
	out.Write([]byte{0x7f, 'E', 'L', 'F', 2, data, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0})
	put(uint16(1), machines[arch], uint32(1), uint64(0), uint64(0), at, uint32(0), uint16(head), uint16(0), uint16(0), uint16(section), uint16(3), uint16(2))
	out.Write(code)
	out.WriteString(names)
	header := func(name, kind uint32, flags, offset, size uint64) {
		put(name, kind, flags, uint64(0), offset, size, uint32(0), uint32(0), uint64(1), uint64(0))
	}
	header(0, 0, 0, 0, 0)
	header(1, 1, 6, head, uint64(len(code)))
	header(7, 3, 0, head+uint64(len(code)), uint64(len(names)))
	return out.Bytes()
}

var (
	objdumpLine = regexp.MustCompile(`^\s*([0-9a-f]+):\s*\t(.*)$`)
	jumpTarget  = regexp.MustCompile(`0x([0-9a-f]+) <[^>]*>$`)
	remark      = regexp.MustCompile(`\s+(#|//|;) .*$`)
)

// codeLine is one machine instruction.
type codeLine struct {
	at, target int // target is -1 where it is none of the code
	text       string
}

// labelled makes of llvm-objdump's lines those of the kernel's runner.
func labelled(text string, code []byte) string {
	lines, targets := codeLines(text, len(code))
	var out strings.Builder
	for i, l := range lines {
		end := len(code)
		if i+1 < len(lines) {
			end = lines[i+1].at
		}
		raw := ""
		for _, b := range code[min(l.at, end):end] {
			raw += fmt.Sprintf("%02x ", b)
		}
		label := ""
		if n, ok := slices.BinarySearch(targets, l.at); ok {
			label = fmt.Sprintf("L%d:", n)
		}
		if n, ok := slices.BinarySearch(targets, l.target); ok {
			l.text += fmt.Sprintf("L%d", n)
		}
		fmt.Fprintf(&out, "%x:\t%-36s%s\t%s\n", l.at, raw, label, l.text)
	}
	return out.String()
}

// codeLines reads llvm-objdump's lines, and the places in the code that jumps go to.
func codeLines(text string, size int) (lines []codeLine, targets []int) {
	for line := range strings.Lines(text) {
		m := objdumpLine.FindStringSubmatch(strings.TrimRight(line, "\n"))
		if m == nil {
			continue
		}
		at, err := strconv.ParseInt(m[1], 16, 32)
		if err != nil || int(at) > size {
			continue
		}
		l := codeLine{int(at), -1, remark.ReplaceAllString(m[2], "")}
		if jump := jumpTarget.FindStringSubmatchIndex(l.text); jump != nil {
			number := l.text[jump[2]:jump[3]]
			if to, err := strconv.ParseUint(number, 16, 64); err == nil && to < uint64(size) {
				l.target, l.text = int(to), l.text[:jump[0]]
				targets = append(targets, int(to))
			} else {
				l.text = l.text[:jump[0]] + "0x" + number
			}
		}
		lines = append(lines, l)
	}
	slices.SortFunc(targets, cmp.Compare)
	return lines, slices.Compact(targets)
}
