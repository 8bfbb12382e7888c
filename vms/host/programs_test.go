package host

import (
	"errors"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"
	"github.com/cilium/ebpf/rlimit"
)

// leftName is what pin calls its program.
const leftName = "bpflab_left"

// pin loads a program and pins it, so that it stays when this process ends.
func pin(path string) error {
	prog, err := load()
	if err != nil {
		return err
	}
	return prog.Pin(path)
}

func load() (*ebpf.Program, error) {
	if err := rlimit.RemoveMemlock(); err != nil {
		return nil, err
	}
	return ebpf.NewProgram(&ebpf.ProgramSpec{Name: leftName, Type: ebpf.SocketFilter, License: "GPL",
		Instructions: asm.Instructions{asm.Mov.Imm(asm.R0, 0), asm.Return()}})
}

// loaded returns the programs in the kernel that have one of these names.
func loaded(t *testing.T, names ...string) []ebpf.ProgramID {
	t.Helper()
	var found []ebpf.ProgramID
	for id := ebpf.ProgramID(0); ; {
		next, err := ebpf.ProgramGetNextID(id)
		if errors.Is(err, os.ErrNotExist) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if id = next; slices.Contains(names, nameOf(id)) {
			found = append(found, id)
		}
	}
}

// nameOf returns the name of a program, "" for a program that has gone meanwhile.
func nameOf(id ebpf.ProgramID) string {
	prog, err := ebpf.NewProgramFromID(id)
	if err != nil {
		return ""
	}
	defer prog.Close()
	info, err := prog.Info()
	if err != nil {
		return ""
	}
	return info.Name
}

// unloaded wants no program of these names in the kernel, which frees them a
// little after their last user has gone.
func unloaded(t *testing.T, names ...string) {
	t.Helper()
	if !eventually(func() bool { return len(loaded(t, names...)) == 0 }) {
		t.Errorf("programs %v have stayed in the kernel", names)
	}
}

// eventually waits until something is so. It gives up late: the limit is no
// measure.
func eventually(so func() bool) bool {
	for range 3000 {
		if so() {
			return true
		}
		time.Sleep(20 * time.Millisecond)
	}
	return false
}
