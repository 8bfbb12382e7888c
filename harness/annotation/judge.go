package annotation

import (
	"fmt"
	"strconv"
)

// Seen is what came of a test.
type Seen struct {
	Accepted bool
	Refusal  string // why it was not accepted, in one line
	Log      string // the verifier's
	LastWord string // what of the log is shown where a message is missing

	Xlated, Jited, Stderr, Stdout Text
	Ran                           *Run // nil if it was not run
}

// Text is a text, or why there is none.
type Text struct {
	Text    string
	Missing string
}

// Run is what came of running a program.
type Run struct {
	Returned int32
	Failed   string // why the kernel did not run it
	Lacking  string // why it cannot
}

// Check is one expectation with what was seen.
type Check struct {
	Tag      string `json:"tag"`
	Expected string `json:"expected"`
	Seen     string `json:"seen"`
	Holds    bool   `json:"holds"`
	Lacking  string `json:"unsupported,omitempty"` // why it could not be judged
}

// Judge compares what was seen with what was expected: a check for the result, and one for each
// kind of thing that was looked for. What follows a result that is not as expected is not judged.
func (t Test) Judge(s Seen) []Check {
	out := []Check{t.result(s)}
	if !out[0].Holds {
		return out
	}
	if len(t.Messages) > 0 {
		out = append(out, look("msg", t.Messages, Text{Text: s.Log}, s.LastWord))
	}
	if len(t.Xlated) > 0 {
		out = append(out, look("xlated", t.Xlated, s.Xlated, ""))
	}
	if len(t.Jited) > 0 {
		out = append(out, look("jited", t.Jited, s.Jited, ""))
	}
	if t.Return == nil || t.Fails {
		return out
	}
	ran := t.returned(s.Ran)
	out = append(out, ran)
	if ran.Lacking == "" && len(t.Stderr) > 0 {
		out = append(out, look("stderr", t.Stderr, s.Stderr, ""))
	}
	if ran.Lacking == "" && len(t.Stdout) > 0 {
		out = append(out, look("stdout", t.Stdout, s.Stdout, ""))
	}
	return out
}

func (t Test) result(s Seen) Check {
	c := Check{Tag: "success", Expected: "the kernel takes it", Seen: "the kernel took it", Holds: s.Accepted != t.Fails}
	if t.Fails {
		c.Tag, c.Expected = "failure", "the kernel refuses it"
	}
	if !s.Accepted {
		c.Seen = s.Refusal
	}
	return c
}

// look judges patterns by one text. The check is that of the first pattern that does not hold.
func look(tag string, patterns []Pattern, text Text, instead string) Check {
	c := Check{Tag: tag, Holds: true, Expected: describe(patterns[0]), Seen: "as expected"}
	if len(patterns) > 1 {
		c.Expected = strconv.Itoa(len(patterns)) + " patterns"
	}
	if text.Missing != "" {
		c.Holds, c.Seen, c.Lacking = false, text.Missing, text.Missing
		return c
	}
	miss := Match(text.Text, patterns)
	if miss == nil {
		return c
	}
	c.Holds, c.Expected, c.Seen = false, describe(miss.Pattern), miss.Seen
	if miss.Negative {
		c.Tag = "not_" + tag
	} else if instead == "" {
		instead = after(text.Text, patterns, miss)
	}
	if !miss.Negative && instead != "" {
		c.Seen += "; there is " + quoted(instead)
	} else if !miss.Negative && text.Text == "" {
		c.Seen += ": there is no text at all"
	}
	return c
}

// after returns the line behind the last pattern that was found before a missing one.
func after(text string, patterns []Pattern, miss *Mismatch) string {
	end := 0
	at := positions(text, patterns)
	for i, p := range patterns {
		if p.Text == miss.Text && !at[i].ok {
			break
		}
		if at[i].ok {
			end = at[i].to
		}
	}
	return firstLine(text[end:])
}

func firstLine(text string) string {
	for i, c := range text {
		if c == '\n' {
			if i > 0 {
				return text[:i]
			}
			return firstLine(text[1:])
		}
	}
	return text
}

func describe(p Pattern) string {
	if p.Negative {
		return "no " + quoted(p.Text)
	}
	return quoted(p.Text)
}

// returned judges a run.
func (t Test) returned(ran *Run) Check {
	c := Check{Tag: "retval", Expected: t.Return.String()}
	switch {
	case ran == nil:
		c.Seen = "it was not run"
	case ran.Lacking != "":
		c.Seen, c.Lacking = ran.Lacking, ran.Lacking
	case ran.Failed != "":
		c.Seen = ran.Failed
	default:
		c.Seen = fmt.Sprint(ran.Returned)
		c.Holds = t.Return.Any || ran.Returned == t.Return.Value
	}
	return c
}
