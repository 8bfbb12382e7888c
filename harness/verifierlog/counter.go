package verifierlog

import "bytes"

const (
	// mostInsns is how many instructions a program may have, at most (BPF_COMPLEXITY_LIMIT_INSNS
	// of include/linux/bpf_verifier.h): the log of a larger index is no log.
	mostInsns = 1_000_000

	// longestLine is how much of a line is looked at, in bytes. What a line says stands at its
	// beginning; states of many registers take kilobytes.
	longestLine = 256
)

// Counter counts in a log that is written to it in pieces. Its zero value is ready. It takes
// memory for the program's instructions and the branches that are open, not for the log.
type Counter struct {
	counts  Counts
	paths   paths
	line    []byte // the beginning of a line that is not complete
	listing bool   // in a list of instructions that nothing was processed for
	closed  bool   // the closing line was read
}

// Write takes the next piece of the log. It never fails.
func (c *Counter) Write(p []byte) (int, error) {
	c.counts.Bytes += int64(len(p))
	for rest := p; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			c.keep(rest)
			break
		}
		if len(c.line) == 0 {
			c.read(rest[:min(end, longestLine)])
		} else {
			c.keep(rest[:end])
			c.read(c.line)
			c.line = c.line[:0]
		}
		rest = rest[end+1:]
	}
	return len(p), nil
}

// keep adds to the line that is not complete. An empty line needs no mark: it says nothing.
func (c *Counter) keep(part []byte) {
	room := longestLine - len(c.line)
	c.line = append(c.line, part[:max(0, min(len(part), room))]...)
}

// Closed reports whether the log's closing line was read.
func (c *Counter) Closed() bool { return c.closed }

// Bytes returns how long the log was as far as it was read.
func (c *Counter) Bytes() int64 { return c.counts.Bytes }

// Counts returns what was counted, and ends the counting.
func (c *Counter) Counts() Counts {
	if len(c.line) > 0 {
		c.read(c.line)
		c.line = nil
	}
	c.counts.Chains, c.counts.Unplaced = c.paths.chains(), c.paths.unplaced
	return c.counts
}

// read reads one line. What follows the closing line is no log any more.
func (c *Counter) read(line []byte) {
	if len(line) == 0 || c.closed {
		return
	}
	switch first := line[0]; {
	case first >= '0' && first <= '9':
		c.readIndexed(line)
	case first == 'f':
		c.readFrom(line)
	case first == 'c' && bytes.HasPrefix(line, []byte("callee:")):
		c.paths.call()
	case first == 'r' && bytes.HasPrefix(line, []byte("returning from callee:")):
		c.paths.leave()
	case first == 't':
		c.readCaller(line)
	case first == 'V' && bytes.HasPrefix(line, []byte("Validating ")), first == 'F' && bytes.Contains(line, []byte(" is safe for any args ")):
		c.paths.begin() // before Linux 6.8 the program comes after its global functions
	case first == 's' && startsListing(line), first == 'L' && bytes.HasPrefix(line, []byte("Live regs before insn")):
		c.listing = first == 's'
	case first == 'p':
		c.readClosing(line)
	}
}

// startsListing reports whether kernels from 7.2 on list a function's instructions below a
// line, before they process any ("subprog#0 main:", "stack use/def subprog#0 main (d0,cs0):").
// Indices of three digits are written as those of processed ones are.
func startsListing(line []byte) bool {
	return bytes.HasPrefix(line, []byte("subprog#")) || bytes.HasPrefix(line, []byte("stack use/def subprog#"))
}

// readIndexed reads a line that begins with the index of an instruction: one that was
// processed, one at which a path ends, or a state.
func (c *Counter) readIndexed(line []byte) {
	index, rest, ok := number(line)
	if !ok || !bytes.HasPrefix(rest, []byte(": ")) && !bytes.HasPrefix(rest, []byte(":\t")) {
		return
	}
	rest = rest[2:]
	op, isInsn := opcode(rest)
	switch {
	case isInsn && !c.listing:
		c.visit(index)
		c.paths.step(index, op, rest)
	case isInsn:
	case bytes.HasPrefix(rest, []byte("safe")):
		c.visit(index)
		c.prune()
	default:
		if depth, ok := depthOf(rest); ok {
			c.listing = false
			c.paths.resume(none, index, depth)
		}
	}
}

// readFrom reads "from 3 to 12: safe", and "from 3 to 12: frame1: R0=1" of a path that goes on
// there.
func (c *Counter) readFrom(line []byte) {
	rest, ok := bytes.CutPrefix(line, []byte("from "))
	if !ok {
		return
	}
	from, rest, ok := number(rest)
	if !ok {
		return
	}
	if rest, ok = bytes.CutPrefix(rest, []byte(" to ")); !ok {
		return
	}
	to, rest, ok := number(rest)
	if !ok {
		return
	}
	rest = bytes.TrimPrefix(rest, []byte(" (speculative execution)"))
	switch {
	case bytes.HasPrefix(rest, []byte(": safe")):
		c.paths.resume(from, to, none)
		c.visit(to)
		c.prune()
	case bytes.HasPrefix(rest, []byte(":")):
		depth, ok := depthOf(bytes.TrimPrefix(rest[1:], []byte(" ")))
		if !ok {
			depth = none
		}
		c.paths.resume(from, to, depth)
	}
}

// readCaller reads "to caller at 12:", below a state of the function that returns.
func (c *Counter) readCaller(line []byte) {
	if rest, ok := bytes.CutPrefix(line, []byte("to caller at ")); ok {
		if at, _, ok := number(rest); ok {
			c.paths.arrive(at)
		}
	}
}

// readClosing reads "processed 12 insns (limit 1000000) ...".
func (c *Counter) readClosing(line []byte) {
	rest, ok := bytes.CutPrefix(line, []byte("processed "))
	if !ok {
		return
	}
	if n, rest, ok := number(rest); ok && bytes.HasPrefix(rest, []byte(" insns")) {
		c.counts.Processed, c.closed = n, true
	}
}

// visit counts an instruction that the verifier came to.
func (c *Counter) visit(index int) {
	for len(c.counts.Insns) <= index {
		c.counts.Insns = append(c.counts.Insns, 0)
	}
	c.counts.Insns[index]++
	c.paths.visit(index)
}

func (c *Counter) prune() {
	c.counts.Pruned++
	c.paths.end()
}

// number reads the decimal number that a text begins with, up to mostInsns and a few more, for
// what the kernel processed may be over the limit by one.
func number(text []byte) (n int, rest []byte, ok bool) {
	i := 0
	for ; i < len(text) && text[i] >= '0' && text[i] <= '9'; i++ {
		if n = n*10 + int(text[i]-'0'); n > mostInsns+1 {
			return 0, nil, false
		}
	}
	return n, text[i:], i > 0
}

// opcode reads "(b7) ", with which an instruction begins (print_bpf_insn of kernel/bpf/disasm.c).
func opcode(text []byte) (op byte, ok bool) {
	if len(text) < 4 || text[0] != '(' || text[3] != ')' {
		return 0, false
	}
	high, ok := hexDigit(text[1])
	low, fine := hexDigit(text[2])
	return high<<4 | low, ok && fine
}

func hexDigit(b byte) (byte, bool) {
	switch {
	case b >= '0' && b <= '9':
		return b - '0', true
	case b >= 'a' && b <= 'f':
		return b - 'a' + 10, true
	}
	return 0, false
}

// depthOf reads which frame a state is of: "frame2: R0=1" is the third, and "R1=ctx()" the
// first (print_verifier_state). It reports whether the text is a state.
func depthOf(text []byte) (depth int, ok bool) {
	if rest, isFrame := bytes.CutPrefix(text, []byte("frame")); isFrame {
		depth, rest, ok = number(rest)
		return depth, ok && bytes.HasPrefix(rest, []byte(":"))
	}
	return 0, len(text) > 1 && text[0] == 'R' && text[1] >= '0' && text[1] <= '9'
}
