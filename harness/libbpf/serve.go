package libbpf

import (
	"bytes"
	"strconv"
	"strings"
)

// Serve is the argument with which the loader takes tasks from its standard input, one after
// the other, and writes what came of each to its standard output: see Encode and Outputs.
const Serve = "serve"

// Encode returns a task as a serving loader reads it.
func (t Task) Encode() []byte {
	return []byte(strings.Join(t.Args(), "\x00") + "\x00\x00")
}

// Output is what a task's process wrote, and how it ended.
type Output struct {
	Text   []byte // an answer for Read, unless the process failed
	Exit   int
	Signal string // that ended it, "SIGSEGV"; "" if it exited
}

// Outputs is a writer for a serving loader's standard output. It calls Done with the output
// of each task; Done keeps nothing of the text.
type Outputs struct {
	Done func(Output)

	text bytes.Buffer
	line int // where the last line begins
}

func (o *Outputs) Write(p []byte) (int, error) {
	o.text.Write(p)
	for {
		n := bytes.IndexByte(o.text.Bytes()[o.line:], '\n')
		if n < 0 {
			return len(p), nil
		}
		out, ok := endOf(o.text.Bytes()[o.line : o.line+n])
		if !ok {
			o.line += n + 1
			continue
		}
		out.Text = o.text.Bytes()[:o.line]
		o.Done(out)
		o.text.Next(o.line + n + 1)
		o.line = 0
	}
}

// endOf reads the line with which the loader ends a task's output.
func endOf(line []byte) (out Output, ok bool) {
	words := strings.Fields(string(line[:min(len(line), 40)]))
	if len(words) < 2 || len(words) > 3 || words[0] != "end" {
		return out, false
	}
	var err error
	out.Exit, err = strconv.Atoi(words[1])
	if len(words) == 3 {
		out.Signal = words[2]
	}
	return out, err == nil
}
