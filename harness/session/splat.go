package session

import (
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms"
)

// AllowSplats are the splats of a kernel that are expected: those in which one of the
// patterns is found.
type AllowSplats []*regexp.Regexp

// allows reports whether a splat is expected.
func (a AllowSplats) allows(splat string) bool {
	for _, re := range a {
		if re.MatchString(splat) {
			return true
		}
	}
	return false
}

// Splats are what a kernel has said of errors that it survived.
type Splats struct {
	Unexpected string   // the first that nobody expects, complete, and how many more there are; "" for none
	Allowed    []string // one line for each that was expected
}

// Reason returns why unexpected splats are a failure, as part of a sentence.
func (s Splats) Reason() string {
	first, _, _ := strings.Cut(s.Unexpected, "\n")
	if strings.Contains(first, "cut here") {
		if line := warningLine.FindString(s.Unexpected); line != "" {
			first = line
		}
	}
	why := "the kernel reported an error: " + strings.TrimSpace(first)
	if stall.MatchString(s.Unexpected) {
		why += " (on a busy host, or where processors are emulated, slowness alone can cause it)"
	}
	return why
}

// AllowedPrefix begins what is said of a splat that was expected.
const AllowedPrefix = "allowed: "

var (
	warningLine = regexp.MustCompile(`(?:WARNING|UBSAN): .*`)
	stall       = regexp.MustCompile(`soft lockup|workqueue lockup|INFO: rcu_|blocked for more than`)
)

const (
	// consoleLag is how long a console's last words may take to its file: they come
	// before the agent's answer, but another goroutine copies them.
	consoleLag = 5 * time.Millisecond
	// splatEnd is how long a splat that has begun may take to its end.
	splatEnd = time.Second
)

// Expect sets the splats that are no failure in this session.
func (s *Session) Expect(allow AllowSplats) { s.allowed = allow }

// SkipSplats has Splats begin after what the console holds now.
func (s *Session) SkipSplats() {
	if info, err := os.Stat(s.machine.Info().Console); err == nil {
		s.judged = info.Size()
	}
}

// LastSplats waits for the console's last words, and returns what Splats does.
func (s *Session) LastSplats(more AllowSplats) Splats {
	time.Sleep(consoleLag)
	return s.Splats(more)
}

// Splats returns what the kernel reported since the machine was handed over, or since
// the last call. more are splats that are expected besides the session's.
func (s *Session) Splats(more AllowSplats) Splats {
	var found []string
	for until := time.Now().Add(splatEnd); ; time.Sleep(consoleLag) {
		text := s.consoleFrom(s.judged)
		var whole bool
		found, whole = vms.Splats(text)
		if whole || !s.living() || time.Now().After(until) {
			s.judged += int64(len(text))
			break
		}
	}
	return sortSplats(found, append(more[:len(more):len(more)], s.allowed...))
}

func sortSplats(found []string, allow AllowSplats) (out Splats) {
	more := 0
	for _, splat := range found {
		switch {
		case allow.allows(splat):
			out.Allowed = append(out.Allowed, AllowedPrefix+Splats{Unexpected: splat}.Reason())
		case out.Unexpected == "":
			out.Unexpected = splat
		default:
			more++
		}
	}
	if more > 0 {
		out.Unexpected += fmt.Sprintf("\n[%d more of such reports are in the console log]", more)
	}
	return out
}

// consoleFrom returns the console's file from a place on.
func (s *Session) consoleFrom(at int64) []byte {
	f, err := os.Open(s.machine.Info().Console)
	if err != nil {
		return nil
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || info.Size() <= at {
		return nil
	}
	text, _ := io.ReadAll(io.NewSectionReader(f, at, 1<<40))
	return text
}
