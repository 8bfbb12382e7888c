package workshop

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Desk is a student at a lab.
type Desk struct {
	Lesson  *Lesson
	student *Student
	shop    *Workshop
	files   files
	hub     hub
	turn    turn // checks, resets and starts of the machine, one at a time
	live    live

	mu        sync.Mutex
	state     State
	code      []byte
	busy      Busy
	machine   *machine
	gone      string // why there is no machine any more
	terminals map[string]*Terminal
	used      time.Time
	closed    bool
}

// Busy says what a desk is at.
type Busy string

// What a desk is at; "" is nothing.
const (
	BusyWaiting  Busy = "waiting" // for others' checks
	BusyBuilding Busy = "building"
	BusyStarting Busy = "starting" // a machine
	BusyChecking Busy = "checking"
)

func openDesk(s *Student, l *Lesson, f files) (*Desk, error) {
	state, code, err := f.load(l)
	if err != nil {
		return nil, err
	}
	d := &Desk{Lesson: l, student: s, shop: s.shop, files: f, turn: newTurn(), state: state, code: code, terminals: map[string]*Terminal{}, used: time.Now()}
	d.live.desk = d
	if s.shop.Watch && f.code != "" {
		go d.watchFile(s.shop.stop)
	}
	return d, nil
}

// Subscribe follows the desk's events until stop is called. The channel is closed if
// the follower is too slow, or after stop.
func (d *Desk) Subscribe() (events <-chan Event, stop func()) {
	d.touch()
	return d.hub.subscribe()
}

// Show says that one more (or, with false, one less) face shows the trace and the maps,
// which are not asked for otherwise.
func (d *Desk) Show(shown bool) { d.live.show(shown) }

// Code is the C file.
func (d *Desk) Code() Code {
	d.mu.Lock()
	defer d.mu.Unlock()
	return Code{string(d.code), d.state.Revision}
}

// CodePath is where the C file lies on disk, "" if the lab has none.
func (d *Desk) CodePath() string { return d.files.codePath() }

// Conflict is a save of a text that was made from an older revision than the last.
type Conflict struct{ Code Code }

func (c *Conflict) Error() string {
	return fmt.Sprintf("the file was saved elsewhere meanwhile, as revision %d", c.Code.Revision)
}

// ErrNoCode is a lab without a C file.
var ErrNoCode = errors.New("this lab has no C file: its programs are generated")

// Save stores the C file, which was made from revision base, and returns its new
// revision. The error is a *Conflict, a *SizeError, ErrNoCode, or the disk's.
func (d *Desk) Save(text string, base int) (int, error) {
	switch {
	case d.files.code == "":
		return 0, ErrNoCode
	case len(text) > MaxCode:
		return 0, &SizeError{File: d.files.code, Size: int64(len(text))}
	}
	d.touch()
	d.mu.Lock()
	defer d.mu.Unlock()
	if base != d.state.Revision {
		return 0, &Conflict{Code{string(d.code), d.state.Revision}}
	}
	if text == string(d.code) {
		return d.state.Revision, nil
	}
	if err := writeFile(d.files.codePath(), []byte(text)); err != nil {
		return 0, err
	}
	err := d.changed([]byte(text))
	return d.state.Revision, err
}

// changed takes a new content of the C file. The caller holds the lock.
func (d *Desk) changed(text []byte) error {
	d.code = text
	d.state.Revision++
	d.hub.send(Event{Code: &Code{string(text), d.state.Revision}})
	return d.keep()
}

// keep writes the state to disk, and tells the followers. The caller holds the lock.
func (d *Desk) keep() error {
	d.hub.send(Event{State: true})
	return d.files.saveState(d.state)
}

// Goto makes a step the one the student is at.
func (d *Desk) Goto(step string) error {
	if d.Lesson.step(step) == nil {
		return d.noStep(step)
	}
	d.touch()
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.state.Step == step {
		return nil
	}
	d.state.Step, d.state.Since = step, time.Now().UTC()
	return d.keep()
}

func (d *Desk) noStep(step string) error {
	return fmt.Errorf("the lab %s has no step %q", d.Lesson.Name, step)
}

// Hint gives one more hint for a step, in Markdown, and how many are left. With none
// left it gives the last again.
func (d *Desk) Hint(step string) (hint string, left int, err error) {
	st := d.Lesson.step(step)
	if st == nil {
		return "", 0, d.noStep(step)
	}
	if len(st.Hints) == 0 {
		return "", 0, fmt.Errorf("the step %s has no hints", step)
	}
	d.touch()
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.state.Steps[step]
	p.Hints = min(p.Hints+1, len(st.Hints))
	return st.Hints[p.Hints-1], len(st.Hints) - p.Hints, d.keep()
}

// Solve gives a step's solution in Markdown, which may be "", and the lab's whole
// solution, "" if it has none. The C file stays as it is.
func (d *Desk) Solve(step string) (text, code string, err error) {
	st := d.Lesson.step(step)
	if st == nil {
		return "", "", d.noStep(step)
	}
	d.touch()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.state.Steps[step].Solved = true
	return st.Solution, string(d.Lesson.Solution), d.keep()
}

// Notify shows a text to whoever follows the desk.
func (d *Desk) Notify(n NoticeToAll) { d.hub.send(Event{Notice: &n}) }

// LastUsed is when the student did something here.
func (d *Desk) LastUsed() time.Time { return d.lastUsed() }

func (d *Desk) touch() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.used = time.Now()
}

func (d *Desk) lastUsed() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.used
}

func (d *Desk) setBusy(b Busy) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy != b {
		d.busy = b
		d.hub.send(Event{State: true})
	}
}

func (d *Desk) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.turn.cancel()
	d.endMachine("the workshop has ended")
}
