package workshop

import (
	"fmt"
	"regexp"
	"strings"
)

// program matches a program in C: its section, and all up to the end of its function.
var program = regexp.MustCompile(`(?ms)^SEC\("([^"]+)"\)\n\w[^\n]*?(\w+)\(.*?^\}`)

// verdictsOf are the answers of the hooks whose numbers mean something else to one another.
var verdictsOf = []struct {
	section *regexp.Regexp
	foreign *regexp.Regexp
	says    string
	fix     string
}{
	{regexp.MustCompile(`^(?:tc|tcx|classifier)\b`), regexp.MustCompile(`\breturn\b.*?\b(XDP_(?:ABORTED|DROP|PASS|TX|REDIRECT))\b`),
		"an answer of XDP, and tc takes its number for another one: XDP_PASS is 2, and so is TC_ACT_SHOT", "TC_ACT_OK lets a packet go on, TC_ACT_SHOT drops it"},
	{regexp.MustCompile(`^xdp\b`), regexp.MustCompile(`\breturn\b.*?\b(TC_ACT_\w+)\b`),
		"an answer of tc, and XDP takes its number for another one: TC_ACT_OK is 0, and so is XDP_ABORTED", "XDP_PASS lets a packet go on, XDP_DROP drops it"},
}

// answerOfAnotherHook finds a program that returns another hook's answer.
func answerOfAnotherHook(f findings) *Diagnosis {
	for _, at := range program.FindAllStringSubmatchIndex(f.code, -1) {
		section, name, body := f.code[at[2]:at[3]], f.code[at[4]:at[5]], f.code[at[0]:at[1]]
		for _, v := range verdictsOf {
			if !v.section.MatchString(section) || !f.loads(name) {
				continue
			}
			if m := v.foreign.FindStringSubmatchIndex(body); m != nil {
				line := 1 + strings.Count(f.code[:at[0]+m[2]], "\n")
				return &Diagnosis{fmt.Sprintf("line %d: %s returns %s, %s", line, name, body[m[2]:m[3]], v.says), v.fix}
			}
		}
	}
	return nil
}

// loads reports whether the step loads a program.
func (f findings) loads(name string) bool {
	if len(f.step.Load) == 0 {
		return true
	}
	for _, l := range f.step.Load {
		if l == name {
			return true
		}
	}
	return false
}

var (
	// compared matches a field in network byte order that is compared with a plain constant.
	compared = regexp.MustCompile(`(?:->|\.)(h_proto|dest|source|user_port|user_ip4|saddr|daddr)\s*[!=]=\s*(\w+)\b[^(]`)
	// copied matches a variable that such a field is copied to as it is.
	copied = regexp.MustCompile(`\b(\w+)\s*=\s*\w+(?:->|\.)(h_proto|dest|source|user_port)\s*;`)
)

// byteOrder finds a number of a packet that is compared without bpf_htons.
func byteOrder(f findings) *Diagnosis {
	report := func(at int, what, with string) *Diagnosis {
		line := 1 + strings.Count(f.code[:at], "\n")
		return &Diagnosis{fmt.Sprintf("line %d compares %s, which is in network byte order, with %s, which is not", line, what, with), "bpf_htons(" + with + ") for two bytes, bpf_htonl for four"}
	}
	for _, m := range compared.FindAllStringSubmatchIndex(f.code, -1) {
		if with := f.code[m[4]:m[5]]; with != "0" && !strings.HasPrefix(with, "bpf_") {
			return report(m[0], f.code[m[2]:m[3]], with)
		}
	}
	for _, m := range copied.FindAllStringSubmatchIndex(f.code, -1) {
		name := f.code[m[2]:m[3]]
		use := regexp.MustCompile(`\b` + name + `\s*[!=]=\s*([A-Z][A-Z0-9_]+|0x[0-9a-f]+|[1-9]\d+)\b`)
		if at := use.FindStringSubmatchIndex(f.code[m[1]:]); at != nil {
			return report(m[1]+at[0], name, f.code[m[1]+at[2]:m[1]+at[3]])
		}
	}
	return nil
}
