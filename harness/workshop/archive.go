package workshop

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// archiveDir holds the files of students who were removed. No student's ID begins with a
// dot.
const archiveDir = ".removed"

// Archive ends the machines of a student and moves the student's files to the archive.
// Until Restore, the workshop has no student with this ID.
func (w *Workshop) Archive(id string) error {
	w.mu.Lock()
	s := w.students[id]
	delete(w.students, id)
	w.archived[id] = true
	w.mu.Unlock()
	if s != nil {
		s.close()
	}
	return w.move(id, w.Dir, filepath.Join(w.Dir, archiveDir))
}

// Restore moves the files of an archived student back.
func (w *Workshop) Restore(id string) error {
	if err := w.move(id, filepath.Join(w.Dir, archiveDir), w.Dir); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.archived, id)
	return nil
}

// move moves a student's files, if there are any.
func (w *Workshop) move(id, from, to string) error {
	if !studentID.MatchString(id) {
		return fmt.Errorf("invalid student ID %q", id)
	}
	if _, err := os.Lstat(filepath.Join(from, id)); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	err := os.MkdirAll(to, 0o700)
	if err == nil {
		err = os.Rename(filepath.Join(from, id), filepath.Join(to, id))
	}
	if err != nil {
		return &StoreError{err}
	}
	return nil
}
