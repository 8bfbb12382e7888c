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
// with more text at the higher one. From 6.4 on, the log is written from its beginning to its
// end, as before: not round a buffer that is full, to be put in order when the verifier is done.
var PathsLogLevel = sync.OnceValue(func() uint32 {
	log := newLog(logSize)
	defer log.close()
	level := uint32(logStates)
	if try(socketFilter, straightLine(2), log, logInsns) == 0 && strings.Contains(log.text(), "r0 = 0") {
		level = logInsns
	}
	if !HasTerseLog() {
		return level // before 5.2, any level is taken, and nothing of it has a meaning
	}
	if try(socketFilter, straightLine(2), log, logInsns|logFixed) == 0 {
		level |= logFixed
	}
	return level | logStats
})
