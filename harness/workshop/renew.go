package workshop

import "slices"

// Course returns the lessons in the order of the course.
func (w *Workshop) Course() []*Lesson {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.Lessons
}

// SetCourse replaces the course, and reports whether it was another one. A lesson that is
// the same one stays as it is to students. Those who have an older one open keep it, and
// are notified, until Renew.
func (w *Workshop) SetCourse(lessons []*Lesson) bool {
	w.mu.Lock()
	same := slices.Equal(w.Lessons, lessons)
	w.Lessons = lessons
	students := w.all()
	w.mu.Unlock()
	if same {
		return false
	}
	for _, s := range students {
		for _, ws := range s.open() {
			if ws.Latest() != ws.Lesson.SHA256 {
				ws.broker.send(Event{State: true})
			}
		}
	}
	return true
}

// Latest returns the digest of the workspace's lab as the course has it now: another one
// than the lesson's if its author has changed it since, "" if the course has it no more.
func (ws *Workspace) Latest() string {
	if l := ws.workshop.Lesson(ws.Lesson.Name); l != nil {
		return l.SHA256
	}
	return ""
}

// Renew returns the student's workspace for a lab, of the lesson as the course has it now.
// A workspace of an older one is replaced: its subscribers' channels are closed and its
// machine ends. The C file and the progress stay, except that of steps that are gone.
func (s *Student) Renew(lab string) (*Workspace, error) {
	s.mu.Lock()
	old := s.workspaces[lab]
	outdated := old != nil && old.Latest() != "" && old.Latest() != old.Lesson.SHA256
	if outdated {
		delete(s.workspaces, lab)
		old.retire()
	}
	s.mu.Unlock()
	if outdated {
		old.endMachine("this lab was changed")
	}
	return s.Workspace(lab)
}

// retire ends the work in a workspace whose files another one takes over.
func (ws *Workspace) retire() {
	ws.mu.Lock()
	ws.closed, ws.retired = true, true
	ws.mu.Unlock()
	ws.lock.cancel()
	ws.broker.dropAll()
}
