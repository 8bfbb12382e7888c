package workshop

import (
	"time"
)

// State is a student's progress in a lab, as it is stored.
type State struct {
	Schema   int                  `json:"schema"`
	Step     string               `json:"step"`     // the student's current step
	Since    time.Time            `json:"since"`    // when the student came to it
	Revision int                  `json:"revision"` // of the C file, incremented by each save
	Steps    map[string]*Progress `json:"steps"`
}

// StateSchema is the version of State's layout.
const StateSchema = 1

// Progress is a student's progress in a step.
type Progress struct {
	Done     time.Time `json:"done"`    // when it first passed, or zero
	Passed   time.Time `json:"passed"`  // when it passed last, or zero
	Recheck  *Recheck  `json:"recheck"` // by the server, since it passed last; nil before
	Attempts int       `json:"attempts"`
	Hints    int       `json:"hints"`  // taken so far
	Solved   bool      `json:"solved"` // the student has seen the solution
	Last     *Report   `json:"last"`
}

// newState returns the state of a student who has not begun.
func newState(l *Lesson) State {
	s := State{Schema: StateSchema, Since: time.Now().UTC(), Steps: map[string]*Progress{}}
	s.fit(l)
	return s
}

// fit adapts a stored state to the lesson, whose steps may have changed.
func (s *State) fit(l *Lesson) {
	if s.Steps == nil {
		s.Steps = map[string]*Progress{}
	}
	for name, p := range s.Steps {
		if l.step(name) == nil || p == nil {
			delete(s.Steps, name)
		}
	}
	for _, st := range l.Steps {
		if s.Steps[st.Name] == nil {
			s.Steps[st.Name] = &Progress{}
		}
	}
	if l.step(s.Step) == nil && len(l.Steps) > 0 {
		s.Step = l.Steps[0].Name
	}
}

// done returns how many of the steps have passed.
func (s *State) done(steps []string) int {
	n := 0
	for _, name := range steps {
		if !s.Steps[name].Done.IsZero() {
			n++
		}
	}
	return n
}
