package verify

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/harness/probe"
)

// What a verifier's log has besides the kernel's own words.
var (
	instruction = regexp.MustCompile(`^(\d+): \([0-9a-f]{2}\) `)
	noSource    = regexp.MustCompile(`^;\s*(@ .*:0)?$`)
	state       = regexp.MustCompile(`^\s*(?:from \d+ to \d+.*?: |\d+: )?(?:frame\d+: )?R\d+(?:_\w+)?=`)
	ofFunction  = regexp.MustCompile(`^(?:Validating \S+\(\) func#\d+\.\.\.|Func#\d+ \('.*'\) is (?:safe|global) .*|func#\d+ @\d+)$`)
	calling     = regexp.MustCompile(`^(\d+): \(85\) call (?:(\w+)#)?(-?\w+)`)
)

// poisonedLine is cilium/ebpf's in place of the source of an instruction whose CO-RE
// relocation found nothing.
const poisonedLine = "; instruction poisoned by CO-RE"

// complaint returns the kernel's own words about what it rejects: those behind the last
// instruction. Lines of the program's source, whose names and comments may be any text,
// are no words of the kernel, nor are those with its state, which name maps, and with the
// function that it comes to.
func complaint(log string) string {
	var kept []string
	for _, line := range probe.Said(log) {
		switch {
		case instruction.MatchString(line):
			kept = nil
		case !strings.HasPrefix(line, ";") && !state.MatchString(line) && !ofFunction.MatchString(line):
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "\n")
}

// unnamed returns the loader's message without the program's name.
func unnamed(message, program string) string {
	return strings.TrimPrefix(strings.TrimPrefix(message, "program "+program+": "), "prog '"+program+"': ")
}

// quoted is how much of a log's end may be in a loader's message, in bytes.
const quoted = 4 << 10

// withoutLog returns a loader's message up to the lines of the log that it quotes, which may be
// of the program's source.
func withoutLog(message, log string) string {
	for line := range strings.Lines(probe.Tail(log, quoted)) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if before, _, found := strings.Cut(message, ": "+line); found {
			message = before
		}
	}
	return message
}

// lastInstruction returns the number of the instruction where the verifier gave up, -1
// if the log has none.
func lastInstruction(log string) int {
	last := -1
	for line := range strings.Lines(probe.Terse(log)) {
		if m := instruction.FindStringSubmatch(line); m != nil {
			last, _ = strconv.Atoi(m[1])
		}
	}
	return last
}

// called returns the name of the function that an instruction of the log calls, "" if it
// calls none or the log does not have it.
func called(log string, insn int) string {
	name := ""
	for line := range strings.Lines(probe.Terse(log)) {
		if m := calling.FindStringSubmatch(line); m != nil && m[1] == strconv.Itoa(insn) && m[2] != "unknown" {
			name = m[2]
		}
	}
	return name
}

// lastCall returns the function that was called last before the instruction where the
// verifier gave up, "" if the log has no call.
func lastCall(log string) string {
	last, name := lastInstruction(log), ""
	for line := range strings.Lines(probe.Terse(log)) {
		if m := calling.FindStringSubmatch(line); m != nil && m[1] != strconv.Itoa(last) {
			name = m[2]
		}
	}
	return name
}

// source returns the last line of C that the log names, and the last instruction.
func source(log string) (line, insn string) {
	for text := range strings.Lines(log) {
		text = strings.TrimSpace(text)
		switch {
		case noSource.MatchString(text), strings.HasPrefix(text, poisonedLine):
		case strings.HasPrefix(text, "; "):
			line = strings.TrimPrefix(text, "; ")
		case instruction.MatchString(text):
			insn = text
		}
	}
	insn, _, _ = strings.Cut(insn, " ;")
	return line, strings.TrimSpace(insn)
}

// explained returns the paragraph that Linux 7.3 and later writes under a heading of its
// explanation, such as "Reason:", as one line.
func explained(log, heading string) string {
	_, text, found := strings.Cut(log, "\n"+heading+"\n")
	if !found {
		return ""
	}
	text, _, _ = strings.Cut(text, "\n\n")
	return strings.Join(strings.Fields(text), " ")
}
