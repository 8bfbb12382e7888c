package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// Classroom is a class of students: its code, and who has joined. It is stored on disk,
// so that a class goes on after a restart of its server.
type Classroom struct {
	Name  string
	Limit int // of students

	file   string
	mu     sync.Mutex
	roster roster
}

// Reasons to refuse a student who joins, and what a teacher does.
var (
	ErrCode  = errors.New("that is not the class's code")
	ErrTaken = errors.New("somebody with that name, or one that looks like it, is in the class already: choose another; or, if it is you, use a personal code, from the page you had or from the teacher")
	ErrFull  = errors.New("the class is full")

	errNoStudent = errors.New("there is no such student, or no longer")
	errNewerCode = errors.New("the class has a newer code already, from another teacher's page")
)

// OpenClassroom opens the class with a name, whose files are below dir, or a new one if
// there is none.
func OpenClassroom(dir, name string, limit int) (*Classroom, error) {
	c := &Classroom{Name: name, Limit: limit, file: filepath.Join(dir, "class.json")}
	text, err := os.ReadFile(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		return c, c.change(func(r *roster) { r.Code, r.Started = newCode(), time.Now().UTC() })
	}
	if err == nil {
		err = json.Unmarshal(text, &c.roster)
	}
	if err != nil {
		return nil, fmt.Errorf("the class's file %s: %w", c.file, err)
	}
	return c, nil
}

// change changes the roster and stores it. If it cannot be stored it stays as it was.
// The caller holds the lock, unless the classroom is not shared yet.
func (c *Classroom) change(do func(*roster)) error {
	changed := c.roster.clone()
	do(&changed)
	if err := store(c.file, changed); err != nil {
		return err
	}
	c.roster = changed
	return nil
}

// Code returns the code that students join with.
func (c *Classroom) Code() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.roster.Code
}

// started returns when the class began.
func (c *Classroom) started() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.roster.Started
}

// NewCode changes the code that students join with. Those who have joined stay. It is an
// error if the code is no longer the one that the teacher has seen; "" stands for any.
func (c *Classroom) NewCode(seen string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if seen != "" && !sameCode(seen, c.roster.Code) {
		return "", errNewerCode
	}
	err := c.change(func(r *roster) { r.Code = newCode() })
	return c.roster.Code, err
}

// Join admits a student who has the class's code, and returns the student's ID. With a
// student's personal code, that student is back. It calls open to open the student's
// session; if that fails or the class cannot be stored, nothing has changed. The error is
// ErrCode, ErrTaken, ErrFull, ErrStore, that of open, or says what is wrong with the name.
func (c *Classroom) Join(name, code string, open func(id string, back bool) error) (id string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id := c.owner(name, code); id != "" {
		if err := open(id, true); err != nil {
			return "", err
		}
		return id, c.change(func(r *roster) { r.dropCode(id) })
	}
	if !sameCode(code, c.roster.Code) {
		return "", ErrCode
	}
	if name, err = cleanName(name); err != nil {
		return "", err
	}
	if other := c.roster.holder(name); other != "" {
		return "", ErrTaken
	}
	if len(c.roster.Names) >= c.Limit {
		return "", fmt.Errorf("%w: %d students", ErrFull, c.Limit)
	}
	id = c.roster.newID(filepath.Dir(c.file), name)
	if err := open(id, false); err != nil {
		return "", err
	}
	return id, c.change(func(r *roster) { r.Names[id] = name })
}

// Remove removes a student from the class, which gets a new code: with the one that the
// student knows nobody comes in any more. One who was removed already stays removed as
// before.
func (c *Classroom) Remove(id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.roster.Names[id] == "" {
		return errNoStudent
	}
	return c.change(func(r *roster) {
		r.Removed[id] = removed{r.Names[id], time.Now().UTC()}
		delete(r.Names, id)
		r.dropCode(id)
		delete(r.Help, id)
		r.Code = newCode()
	})
}

// Restore takes a removed student back. If somebody has the name now, the student gets a
// number after it.
func (c *Classroom) Restore(id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	gone, ok := c.roster.Removed[id]
	if !ok {
		return errNoStudent
	}
	return c.change(func(r *roster) {
		r.Names[id] = r.freeName(gone.Name)
		delete(r.Removed, id)
	})
}

// removedRow is the JSON of a student who was removed.
type removedRow struct {
	ID string `json:"id"`
	removed
}

// removed returns the students who were removed, in the order of their IDs.
func (c *Classroom) removed() []removedRow {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := []removedRow{}
	for _, id := range slices.Sorted(maps.Keys(c.roster.Removed)) {
		out = append(out, removedRow{id, c.roster.Removed[id]})
	}
	return out
}

// name returns the name of the student with an ID, or "".
func (c *Classroom) name(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.roster.Names[id]
}

// idOf returns the ID of the student with a name, or "".
func (c *Classroom) idOf(name string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, n := range c.roster.Names {
		if n == name {
			return id
		}
	}
	return ""
}

// ids returns the students' IDs, sorted.
func (c *Classroom) ids() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.roster.Names))
}

// isRemoved reports whether an ID is that of a removed student.
func (c *Classroom) isRemoved(id string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.roster.Removed[id]
	return ok
}
