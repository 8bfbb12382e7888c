package workshop

import (
	"errors"
	"fmt"
	"sync"
	"time"
)

// Workspace is one student's work on one lab. Its methods are safe for concurrent use.
type Workspace struct {
	Lesson   *Lesson
	student  *Student
	workshop *Workshop
	files    files
	broker   broker
	lock     lock // serialises checks, resets and starts of the machine
	monitor  monitor

	mu        sync.Mutex
	state     State
	code      []byte
	draft     *string // text in the student's editor, nil if it is what was saved
	busy      Busy
	ahead     int // while waiting: jobs before this one
	machine   *machine
	gone      string // why the last machine ended, "" once there is another
	before    string // why the machine before ended, "" if there was none
	unsaved   string // why the state is not on disk, "" if it is
	terminals map[string]*Terminal
	used      time.Time
	closed    bool
	retired   bool // another workspace has the files now
}

// Busy is what a workspace is doing.
type Busy string

// What a workspace is doing; "" means nothing.
const (
	BusyWaiting  Busy = "waiting" // for other checks
	BusyBuilding Busy = "building"
	BusyStarting Busy = "starting" // a machine
	BusyChecking Busy = "checking"
)

// openWorkspace reads a student's stored work on a lesson.
func openWorkspace(s *Student, l *Lesson, f files) (*Workspace, error) {
	state, code, err := f.load(l)
	if err != nil {
		return nil, err
	}
	ws := &Workspace{Lesson: l, student: s, workshop: s.workshop, files: f, lock: newLock(), state: state, code: code, terminals: map[string]*Terminal{}, used: time.Now()}
	ws.monitor.workspace = ws
	if s.workshop.Watch && f.code != "" {
		go ws.watchFile(s.workshop.stop)
	}
	return ws, nil
}

// Subscribe returns the workspace's events until stop is called. The channel is closed
// after stop, or if the subscriber does not keep up.
func (ws *Workspace) Subscribe() (events <-chan Event, stop func()) {
	ws.touch()
	return ws.broker.subscribe(true)
}

// Observe does the same for somebody who does not work here: the workspace does not count
// as in use.
func (ws *Workspace) Observe() (events <-chan Event, stop func()) { return ws.broker.subscribe(false) }

// SetDraft notes the text in the student's editor, which is not saved yet.
func (ws *Workspace) SetDraft(text string) {
	if len(text) > MaxCode {
		return
	}
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.draft = &text
	ws.broker.send(Event{Draft: &text})
}

// Draft returns the text in the student's editor, as far as it is known: what was saved,
// or what was typed since.
func (ws *Workspace) Draft() (text string, saved bool) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.draft == nil || *ws.draft == string(ws.code) {
		return string(ws.code), true
	}
	return *ws.draft, false
}

// Show announces one more front end, or with false one less, that shows the trace and
// the maps. They are read only while there is one.
func (ws *Workspace) Show(shown bool) { ws.monitor.addViewer(shown) }

// Code returns the C file.
func (ws *Workspace) Code() Code {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return Code{string(ws.code), ws.state.Revision}
}

// CodePath returns the path of the C file on disk, or "" if the lab has none.
func (ws *Workspace) CodePath() string { return ws.files.codePath() }

// Conflict is the error of a save whose text is based on an older revision than the
// latest.
type Conflict struct{ Code Code }

func (c *Conflict) Error() string {
	return fmt.Sprintf("the file was saved elsewhere in the meantime, as revision %d", c.Code.Revision)
}

// ErrNoCode is the error of a save in a lab without a C file.
var ErrNoCode = errors.New("this lab has no C file: its programs are generated")

// Save stores the C file, edited from revision base, and returns its new revision. The
// error is a *Conflict, a *SizeError, ErrNoCode, or one of the disk.
func (ws *Workspace) Save(text string, base int) (int, error) {
	switch {
	case ws.files.code == "":
		return 0, ErrNoCode
	case len(text) > MaxCode:
		return 0, &SizeError{File: ws.files.code, Size: int64(len(text))}
	}
	ws.touch()
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.retired {
		return 0, errRetired
	}
	if base != ws.state.Revision {
		return 0, &Conflict{Code{string(ws.code), ws.state.Revision}}
	}
	if text == string(ws.code) {
		return ws.state.Revision, nil
	}
	if err := writeFile(ws.files.codePath(), []byte(text)); err != nil {
		return 0, err
	}
	ws.setCode([]byte(text))
	return ws.state.Revision, nil
}

// setCode takes over new content of the C file, which is on disk. The caller holds the
// lock.
func (ws *Workspace) setCode(text []byte) {
	ws.code, ws.draft = text, nil
	ws.state.Revision++
	ws.broker.send(Event{Code: &Code{string(text), ws.state.Revision}})
	ws.save()
}

// save writes the state to disk and notifies the subscribers. What cannot be stored now
// is marked as unsaved and stored later. The caller holds the lock.
func (ws *Workspace) save() error {
	if ws.retired {
		return errRetired
	}
	err := ws.files.saveState(ws.state)
	ws.unsaved = ""
	if err != nil {
		ws.unsaved = err.Error()
	}
	ws.broker.send(Event{State: true})
	return err
}

// storeAgain stores the state if that has failed before.
func (ws *Workspace) storeAgain() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.unsaved != "" && !ws.closed {
		ws.save()
	}
}

// Goto makes a step the student's current one.
func (ws *Workspace) Goto(step string) error {
	if ws.Lesson.step(step) == nil {
		return ws.noStep(step)
	}
	ws.touch()
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.state.Step == step {
		return nil
	}
	ws.state.Step, ws.state.Since = step, time.Now().UTC()
	ws.save()
	return nil
}

func (ws *Workspace) noStep(step string) error {
	return fmt.Errorf("the lab %s has no step %q", ws.Lesson.Name, step)
}

// Hint returns the next hint for a step, in Markdown, and how many are left. If none is
// left it returns the last one again. A hint that cannot be counted on disk is not given:
// the error is a *StoreError.
func (ws *Workspace) Hint(step string) (hint string, left int, err error) {
	st := ws.Lesson.step(step)
	if st == nil {
		return "", 0, ws.noStep(step)
	}
	if len(st.Hints) == 0 {
		return "", 0, fmt.Errorf("the step %s has no hints", step)
	}
	ws.touch()
	ws.mu.Lock()
	defer ws.mu.Unlock()
	p := ws.state.Steps[step]
	before := p.Hints
	p.Hints = min(p.Hints+1, len(st.Hints))
	if err := ws.save(); err != nil {
		p.Hints = before
		return "", 0, err
	}
	return st.Hints[p.Hints-1], len(st.Hints) - p.Hints, nil
}

// Solve returns a step's solution in Markdown, which may be "", and the lab's whole
// solution, or "" if it has none. The C file stays as it is.
func (ws *Workspace) Solve(step string) (text, code string, err error) {
	st := ws.Lesson.step(step)
	if st == nil {
		return "", "", ws.noStep(step)
	}
	ws.touch()
	ws.mu.Lock()
	defer ws.mu.Unlock()
	p := ws.state.Steps[step]
	before := p.Solved
	p.Solved = true
	if err := ws.save(); err != nil {
		p.Solved = before
		return "", "", err
	}
	return st.Solution, string(ws.Lesson.Solution), nil
}

// Announce sends a text of the teacher to the subscribers.
func (ws *Workspace) Announce(n Announcement) { ws.broker.send(Event{Announcement: &n}) }

// LastUsed returns when the student last did something here.
func (ws *Workspace) LastUsed() time.Time { return ws.lastUsed() }

func (ws *Workspace) touch() {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	ws.used = time.Now()
}

func (ws *Workspace) lastUsed() time.Time {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.used
}

func (ws *Workspace) setBusy(b Busy) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.busy != b {
		ws.busy, ws.ahead = b, 0
		ws.broker.send(Event{State: true})
	}
}

// setWaiting notes that the workspace waits for its turn, after some others.
func (ws *Workspace) setWaiting(ahead int) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.busy != BusyWaiting || ws.ahead != ahead {
		ws.busy, ws.ahead = BusyWaiting, ahead
		ws.broker.send(Event{State: true})
	}
}

func (ws *Workspace) close() {
	ws.mu.Lock()
	ws.closed = true
	ws.mu.Unlock()
	ws.lock.cancel()
	ws.endMachine("the workshop has ended")
}
