package probe

import (
	"strings"
	"sync"
)

// More of the verifier's log levels (include/linux/bpf_verifier.h).
const (
	logStates = 2 // instructions, with the state at each
	logFixed  = 8 // from Linux 6.4 on: the log is cut off where the buffer is full
)

// PathsLogLevel returns the level at which the log of an accepted program has all instructions
// that were processed. Kernels from 5.8 on take back the log of a path that is done at the lower
// level (pop_log in do_check of kernel/bpf/verifier.c), and those before have the same at both,
// with more text at the higher one.
var PathsLogLevel = sync.OnceValue(func() uint32 {
	log := newLog(logSize)
	defer log.close()
	level := uint32(logStates)
	if try(socketFilter, straightLine(2), log, logInsns) == 0 && strings.Contains(log.text(), "r0 = 0") {
		level = logInsns
	}
	if HasTerseLog() {
		level |= logStats
	}
	return level
})

// TurnsLog reports whether the kernel begins again at the beginning of a log buffer that is
// full, as from 6.4 on.
var TurnsLog = sync.OnceValue(func() bool {
	log := newLog(logSize)
	defer log.close()
	return HasTerseLog() && try(socketFilter, straightLine(2), log, logInsns|logFixed) == 0 // before 5.2, any level is taken
})
