package probe

import (
	"strconv"
	"strings"
	"time"
)

// A program is verified with the terse log first: the complaint and the statistics. A
// log of its instructions costs a second walk through the program and about bytesAnInsn
// for each instruction, so bpflab requests it only where both are small.
const (
	bytesAnInsn = 512
	longestWalk = 2 * time.Second

	// shareOfFree is the part of the free memory that a log may take: it is copied a few
	// times on its way.
	shareOfFree = 16
)

// InsnLog returns the size of the buffer for the log of a rejected program's instructions,
// in bytes, and 0 if there is to be no second walk. terse is the log of the first walk,
// took how long that was, and free the memory that is left, in bytes.
func InsnLog(terse string, took time.Duration, free int64) int {
	size := min(logSize, free/shareOfFree)
	if size < smallestLog || walkTime(terse, took) > longestWalk {
		return 0
	}
	if int64(Processed(terse))*bytesAnInsn > size {
		return 0
	}
	return int(size)
}

// logSize is the largest log that all kernels take (bpf_check of
// kernel/bpf/verifier.c), in bytes: one that is too small fails the load.
const logSize = 16<<20 - 1

// smallestLog is the size of the smallest useful log, in bytes.
const smallestLog = 64 << 10

// walkTime returns how long the verifier took, as its log says, or else the whole load.
func walkTime(log string, load time.Duration) time.Duration {
	for rest := log; ; {
		at := strings.Index(rest, closing)
		if at < 0 {
			return load
		}
		if digits, ok := numbered(rest[at:], closing, " usec"); ok {
			usec, _ := strconv.ParseInt(digits, 10, 64)
			return time.Duration(usec) * time.Microsecond
		}
		rest = rest[at+len(closing):]
	}
}

// Tail returns the end of a text, at most size bytes of it, from the beginning of a line.
func Tail(text string, size int) string {
	if len(text) <= size {
		return text
	}
	text = text[len(text)-size:]
	for i := range len(text) {
		if text[i] == '\n' {
			return text[i+1:]
		}
	}
	return text
}

// excerpt returns the end of a verifier's log, at most LogTail bytes of it. Where so many
// statistics or so long an explanation follow that the complaint would be lost, the
// complaint is all of it.
func excerpt(text string) string {
	tail := Tail(text, LogTail)
	if complaint := Complaint(text); complaint != "" && Complaint(tail) != complaint {
		return complaint
	}
	return tail
}

// LogTail is how much of a verifier log is kept, in bytes.
const LogTail = 4 << 10
