package session

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/console"
	"github.com/bpflab/bpflab/vms/wire"
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
	if first == floodedConsole {
		return first
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
	// consoleLag is how long a console's last words may take to its file where no mark
	// follows them: they come before the agent's answer, but another goroutine copies them.
	consoleLag = 5 * time.Millisecond
	// lookEvery is how often the console's file is looked at.
	lookEvery = time.Millisecond
	// splatEnd is how long a splat that has begun may take to its end.
	splatEnd = time.Second
	// markEnd is how long a mark may take to the console's file: LXD's is read once a
	// second.
	markEnd = 3 * time.Second
)

// Expect sets the splats that are no failure in this session.
func (s *Session) Expect(allow AllowSplats) { s.allowed = allow }

// SkipSplats makes LastSplats begin after what the console holds now.
func (s *Session) SkipSplats() {
	if info, err := os.Stat(s.machine.Info().Console); err == nil {
		s.judged = info.Size()
	}
}

// LastSplats returns what the kernel reported since the machine was handed over, or since
// the last call, up to now: it has the agent write a mark behind that and waits for the
// mark to be on the console, unless the kernel has logged nothing. more are splats that are expected besides the session's.
func (s *Session) LastSplats(more AllowSplats) Splats {
	mark, silent := s.mark()
	text := s.consoleFrom(s.judged)
	if !silent {
		text = s.consoleUntil(mark)
	}
	var found []string
	for until := time.Now().Add(s.Limit(splatEnd)); ; time.Sleep(lookEvery) {
		var whole bool
		found, whole = vms.Splats(withoutLine(text, mark))
		if whole || !s.isAlive() || time.Now().After(until) {
			break
		}
		text = s.consoleFrom(s.judged)
	}
	s.judged += int64(len(text))
	if s.judged >= console.KeepLive {
		found = append(found, floodedConsole)
	}
	return sortSplats(found, append(more[:len(more):len(more)], s.allowed...))
}

// floodedConsole stands for what a kernel may have reported on a console that nobody can
// read to its end.
var floodedConsole = fmt.Sprintf("the console is longer than %d MiB: what came after that cannot be judged", console.KeepLive>>20)

// mark makes the agent write a line that was not on the console before to the kernel's log,
// and returns it; "" where the agent cannot, or the console does not show it, or the kernel is
// silent: then there is nothing to wait for.
func (s *Session) mark() (text string, silent bool) {
	if s.deaf || !s.isAlive() {
		return "", false
	}
	s.marks++
	text = fmt.Sprintf("mark %d %s", s.marks, rand.Text()[:8])
	ctx, cancel := context.WithTimeout(s.alive, markEnd)
	defer cancel()
	var res wire.MarkResult
	if err := s.client.Call(ctx, wire.OpMark, wire.Mark{Text: text}, &res, wire.IO{}); err != nil || !res.Written {
		return "", err == nil && res.Silent
	}
	return text, false
}

// consoleUntil returns what the console holds after what was judged, once a mark is in
// it. Without a mark it waits for a moment.
func (s *Session) consoleUntil(mark string) []byte {
	if mark == "" {
		time.Sleep(consoleLag)
		return s.consoleFrom(s.judged)
	}
	for until := time.Now().Add(s.Limit(markEnd)); ; time.Sleep(lookEvery) {
		text := s.consoleFrom(s.judged)
		if bytes.Contains(text, []byte(mark)) || !s.isAlive() || s.judged+int64(len(text)) >= console.KeepLive {
			return text
		}
		if time.Now().After(until) {
			s.deaf = true
			return text
		}
	}
}

// withoutLine returns a text without the line that a mark is in, which could stand in the
// middle of another processor's report.
func withoutLine(text []byte, mark string) []byte {
	at := bytes.Index(text, []byte(mark))
	if mark == "" || at < 0 {
		return text
	}
	from := bytes.LastIndexByte(text[:at], '\n') + 1
	end := at + len(mark)
	if n := bytes.IndexByte(text[end:], '\n'); n >= 0 {
		end += n + 1
	}
	return append(text[:from:from], text[end:]...)
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
