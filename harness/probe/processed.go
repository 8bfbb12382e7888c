package probe

import (
	"strconv"
	"strings"
)

// Processed returns how many instructions the verifier went through, as the closing
// line of its log says (print_verification_stats of kernel/bpf/verifier.c); 0
// if the log does not say.
func Processed(log string) int {
	for line := range strings.Lines(log) {
		if digits, ok := numbered(line, "processed ", " insns"); ok {
			n, _ := strconv.Atoi(digits)
			return n
		}
	}
	return 0
}

// numbered returns the number between the beginning of a text and what follows.
func numbered(text, beginning, follows string) (digits string, ok bool) {
	rest, ok := strings.CutPrefix(text, beginning)
	after := strings.TrimLeft(rest, "0123456789")
	return rest[:len(rest)-len(after)], ok && len(after) < len(rest) && strings.HasPrefix(after, follows)
}

// calledInsns is the length of the function that processedByCalls calls, so that
// the program is smaller than 4096 instructions up to 131072 processed ones, and
// not much larger beyond.
const calledInsns = 1024

// processedByCalls calls one function again and again. The verifier goes through
// it at each call, because states at different calls are never equal
// (states_equal of kernel/bpf/verifier.c).
func processedByCalls(n int) []byte {
	calls := (n - 1) / (calledInsns + 1)
	rest := (n - 1) % (calledInsns + 1)
	function := calls + rest + 1
	var out []byte
	for i := range calls {
		out = append(out, callTo(function, i)...)
	}
	return join(out, zeros(rest), insn(opExit, 0, 0, 0), straightLine(calledInsns))
}

// bits is how many bits of an unknown number processedByPaths branches on.
const bits = 10

// leastByPaths is what the verifier goes through with empty paths: three
// instructions, two for each node but one of the tree of bits, two for each of
// its leaves, and two at the side.
const leastByPaths = 3 + 2*(1<<bits-1) + 2<<bits + 2

// processedByPaths makes 2^bits paths that differ in a number that is read at
// their end. Each is as long as possible; what is left over is one path more.
func processedByPaths(n int) []byte {
	each := (n - leastByPaths) >> bits
	side := (n - leastByPaths) & (1<<bits - 1)
	paths := insn(opMovImm, r7, 0, 0)
	for bit := range bits {
		paths = append(paths, insn(opJumpSetI, r6, 1, 1<<bit)...)
		paths = append(paths, insn(opAddImm, r7, 0, 1<<bit)...)
	}
	paths = join(paths, zeros(each), insn(opMovReg, from(r0, r7), 0, 0), insn(opExit, 0, 0, 0))
	return join(
		insn(opLoadWord, from(r6, r1), 0, 0),
		insn(opJumpEqI, r6, int16(len(paths)/insnSize), 1<<bits),
		paths,
		straightLine(side+2),
	)
}
