package probe

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// KnowsFlags reports whether the kernel takes flags of BPF_PROG_LOAD, at all: it refuses those
// that it does not know without a word of the verifier.
func KnowsFlags(flags uint32) bool {
	log := newLog(logSize)
	defer log.close()
	target := socketFilter
	target.Flags = flags
	errno := try(target, straightLine(2), log, logInsns)
	return errno != unix.EINVAL || log.text() != ""
}

// HasJIT reports whether the kernel compiles programs to machine code.
func HasJIT() bool {
	now, err := os.ReadFile("/proc/sys/net/core/bpf_jit_enable")
	return err == nil && strings.TrimSpace(string(now)) != "0"
}
