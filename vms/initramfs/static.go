package initramfs

import (
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
)

// errDynamic means that a program needs a dynamic loader, which no machine has.
var errDynamic = errors.New("is linked dynamically")

// checkStatic refuses programs that would not run by themselves in a machine.
func checkStatic(program io.ReaderAt) error {
	f, err := elf.NewFile(program)
	if err != nil {
		return fmt.Errorf("is no ELF program: %w", err)
	}
	if slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		return errDynamic
	}
	return nil
}

// checkAgent refuses what cannot be /init: neither a static program nor a
// script.
func checkAgent(name string) error {
	agent, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("guest agent: %w", err)
	}
	defer agent.Close()
	if isScript(name) {
		return nil
	}
	err = checkStatic(agent)
	if errors.Is(err, errDynamic) {
		return fmt.Errorf("the agent %s %w; build bpflab with CGO_ENABLED=0 (make build)", name, err)
	}
	if err != nil {
		return fmt.Errorf("the agent %s %w", name, err)
	}
	return nil
}

// Machine returns the machine that an agent is for, elf.EM_NONE for a script. Errors are those
// of Build.
func Machine(name string) (elf.Machine, error) {
	if err := checkAgent(name); err != nil {
		return elf.EM_NONE, err
	}
	if isScript(name) {
		return elf.EM_NONE, nil
	}
	f, err := elf.Open(name)
	if err != nil {
		return elf.EM_NONE, fmt.Errorf("the agent %s: %w", name, err)
	}
	defer f.Close()
	return f.Machine, nil
}

// isScript reports whether a file can be read and begins as a script does.
func isScript(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	var first [2]byte
	_, err = f.ReadAt(first[:], 0)
	return err == nil && string(first[:]) == "#!"
}
