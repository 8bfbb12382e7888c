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

// Room is a class: its code, and who has joined. It is kept on disk, so that a server
// that was ended goes on where it was.
type Classroom struct {
	Name  string
	Limit int // students at most

	file   string
	mu     sync.Mutex
	roster roster
}

// roster is what is kept of a class.
type roster struct {
	Code    string            `json:"code"`
	Started time.Time         `json:"started"`
	Names   map[string]string `json:"names"` // of students, by their IDs
	Codes   map[string]string `json:"codes"` // digests of students' own codes, by their IDs
}

// Reasons not to be let in.
var (
	ErrCode  = errors.New("that is not the class's code")
	ErrTaken = errors.New("somebody of that name is in the class already: take another; or, if it is you, a code of your own, from the page you had or from the teacher")
	ErrFull  = errors.New("the class is full")
)

// OpenRoom opens the class of a name, whose files are below dir; a new one if there is
// none.
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

// Code is what students join with.
func (c *Classroom) Code() string { return c.roster.Code }

// Join lets a student in who has the class's code, and returns the student's ID. One
// who has a code of their own is back: so nobody else is it. The error is ErrCode,
// ErrTaken, ErrFull, or what is wrong with the name.
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

// newID makes an ID that names a student's directory, of what is plain in the name.
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

// Remove takes a student out of the class. What they wrote stays on disk.
func (c *Classroom) Remove(id string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.roster.Names, id)
	delete(c.roster.Codes, id)
	return c.save()
}

// name is a student's, "" if none in the class has the ID.
func (c *Classroom) name(id string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.roster.Names[id]
}

// idOf is the ID of the student of a name, "" if there is none.
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

// ids are those of the students, in order.
func (c *Classroom) ids() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Sorted(maps.Keys(c.roster.Names))
}

// save writes the class's file. The caller holds the lock, if others know of the class.
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
