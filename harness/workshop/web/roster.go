package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// roster is the stored part of a classroom.
type roster struct {
	Code    string             `json:"code"`
	Started time.Time          `json:"started"`
	Names   map[string]string  `json:"names"`   // of students, by their IDs
	Codes   map[string]string  `json:"codes"`   // digests of students' personal codes, by their IDs
	Removed map[string]removed `json:"removed"` // students who were removed, by their IDs, which nobody else gets

	Made map[string]time.Time `json:"made,omitempty"` // when the personal codes were made, by the students' IDs
	Help map[string]time.Time `json:"help,omitempty"` // since when students ask for help, by their IDs
}

// removed is a student who was removed from the class.
type removed struct {
	Name string    `json:"name"`
	At   time.Time `json:"at"`
}

// clone returns a copy that shares no maps, and has all of them.
func (r roster) clone() roster {
	r.Names, r.Codes, r.Removed = copied(r.Names), copied(r.Codes), copied(r.Removed)
	r.Made, r.Help = copied(r.Made), copied(r.Help)
	return r
}

// copied returns a copy of a map, never nil.
func copied[V any](m map[string]V) map[string]V {
	out := map[string]V{}
	maps.Copy(out, m)
	return out
}

// dropCode removes a student's personal code, which was used or is not valid any more.
func (r *roster) dropCode(id string) {
	delete(r.Codes, id)
	delete(r.Made, id)
}

// holder returns the name of a student whose name looks like the given one, or "".
func (r roster) holder(name string) string {
	for _, other := range r.Names {
		if looksLike(other, name) {
			return other
		}
	}
	return ""
}

// freeName returns the name, with a number if somebody has it already.
func (r roster) freeName(name string) string {
	free := name
	for n := 2; r.holder(free) != ""; n++ {
		free = fmt.Sprintf("%s (%d)", name, n)
	}
	return free
}

// newID returns an ID for a student's directory, from the letters and digits of the
// name. No student has it or had it, and there is no such directory in dir.
func (r roster) newID(dir, name string) string {
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
	for n := 2; r.used(dir, id); n++ {
		id = fmt.Sprintf("%s-%d", stem, n)
	}
	return id
}

// used reports whether an ID belongs or belonged to a student.
func (r roster) used(dir, id string) bool {
	_, gone := r.Removed[id]
	_, err := os.Lstat(filepath.Join(dir, id)) // of a class older than the list of removed students
	return r.Names[id] != "" || gone || err == nil
}

// ErrStore is the error of a disk that does not take the class's files, for one because
// it is full.
var ErrStore = errors.New("the class cannot be stored")

// store writes a value to a file as JSON, which afterwards has the new content or the
// old one.
func store(file string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o700)
	}
	if err == nil {
		err = os.WriteFile(file+".new", text, 0o600)
	}
	if err == nil {
		err = os.Rename(file+".new", file)
	}
	if err != nil {
		os.Remove(file + ".new") // half of it takes space
		return fmt.Errorf("%w: %w", ErrStore, err)
	}
	return nil
}
