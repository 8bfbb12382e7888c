package workshop

import (
	"time"
)

// State is what a student has reached in a lab, as it is kept.
type State struct {
	Schema   int                  `json:"schema"`
	Step     string               `json:"step"`     // the one the student is at
	Since    time.Time            `json:"since"`    // when that was
	Revision int                  `json:"revision"` // of the C file, raised with each save
	Steps    map[string]*Progress `json:"steps"`
}

// StateSchema is the version of State's layout.
const StateSchema = 1

// Progress is what a student did in a step.
type Progress struct {
	Done     time.Time `json:"done"` // zero until it passed
	Attempts int       `json:"attempts"`
	Hints    int       `json:"hints"`  // taken
	Solved   bool      `json:"solved"` // the solution was looked at
	Last     *Report   `json:"last"`
}

func newState(l *Lesson) State {
	s := State{Schema: StateSchema, Since: time.Now().UTC(), Steps: map[string]*Progress{}}
	s.fit(l)
	return s
}

// fit makes a state that was kept one of this lesson, whose steps may have changed.
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

// done is how many of the steps passed.
func (s *State) done(steps []string) int {
	n := 0
	for _, name := range steps {
		if !s.Steps[name].Done.IsZero() {
			n++
		}
	}
	return n
}
