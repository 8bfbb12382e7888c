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
	"strings"
	"sync"
	"time"
	"unicode"
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

// roster is the stored part of a classroom.
type roster struct {
	Code    string            `json:"code"`
	Started time.Time         `json:"started"`
	Names   map[string]string `json:"names"` // of students, by their IDs
	Codes   map[string]string `json:"codes"` // digests of students' personal codes, by their IDs
}

// Reasons to refuse a student who joins.
var (
	ErrCode  = errors.New("that is not the class's code")
	ErrTaken = errors.New("somebody with that name is in the class already: choose another; or, if it is you, use a personal code, from the page you had or from the teacher")
	ErrFull  = errors.New("the class is full")
)

// OpenClassroom opens the class with a name, whose files are below dir, or a new one if
// there is none.
func OpenClassroom(dir, name string, limit int) (*Classroom, error) {
	c := &Classroom{Name: name, Limit: limit, file: filepath.Join(dir, "class.json")}
	text, err := os.ReadFile(c.file)
	if errors.Is(err, fs.ErrNotExist) {
		c.roster = roster{Code: newCode(), Started: time.Now().UTC(), Names: map[string]string{}}
		return c, c.save()
	}
	if err == nil {
		err = json.Unmarshal(text, &c.roster)
	}
	if err != nil {
		return nil, fmt.Errorf("the class's file %s: %w", c.file, err)
	}
	return c, nil
}

// Code returns the code that students join with.
func (c *Classroom) Code() string { return c.roster.Code }

// Join admits a student who has the class's code, and returns the student's ID. With a
// student's personal code, that student is back. The error is ErrCode, ErrTaken,
// ErrFull, or says what is wrong with the name.
func (c *Classroom) Join(name, code string) (id string, back bool, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if id, err := c.redeem(name, code); id != "" {
		return id, true, err
	}
	if !sameCode(code, c.roster.Code) {
		return "", false, ErrCode
	}
	id, err = c.enter(name)
	return id, false, err
}

// enter puts a student's name on the roster. The caller holds the lock.
func (c *Classroom) enter(name string) (string, error) {
	name, err := cleanName(name)
	if err != nil {
		return "", err
	}
	for _, other := range c.roster.Names {
		if strings.EqualFold(other, name) {
			return "", ErrTaken
		}
	}
	if len(c.roster.Names) >= c.Limit {
		return "", fmt.Errorf("%w: %d students", ErrFull, c.Limit)
	}
	id := c.newID(name)
	c.roster.Names[id] = name
	return id, c.save()
}

const maxName = 40 // characters

// cleanName normalises the spaces of a name and refuses one that cannot be shown.
func cleanName(name string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	switch {
	case name == "":
		return "", errors.New("say your name")
	case len([]rune(name)) > maxName:
		return "", fmt.Errorf("a name has at most %d characters", maxName)
	case strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }):
		return "", errors.New("the name has characters that cannot be shown")
	}
	return name, nil
}

// newID returns an unused ID for a student's directory, from the letters and digits of
// the name.
func (c *Classroom) newID(name string) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteRune(c)
		}
	}
	stem := b.String()[:min(b.Len(), 20)]
	if stem == "" {
		stem = "student"
	}
	id := stem
	for n := 2; c.roster.Names[id] != ""; n++ {
		id = fmt.Sprintf("%s-%d", stem, n)
	}
	return id
}

// Remove removes a student from the class. The student's work stays on disk.
func (c *Classroom) Remove(id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.roster.Names, id)
	delete(c.roster.Codes, id)
	return c.save()
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

// save writes the classroom's file. The caller holds the lock, unless the classroom is
// not shared yet.
func (c *Classroom) save() error {
	text, err := json.MarshalIndent(c.roster, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(c.file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(c.file+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(c.file+".new", c.file)
	}
	if err != nil {
		return fmt.Errorf("the class's file: %w", err)
	}
	return nil
}
