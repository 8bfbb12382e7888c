package web

import (
	"net/http"
	"sync"
	"time"

	"github.com/bpflab/bpflab/harness/workshop"
)

// askHelp notes that a student asks the teacher for help, or does no more.
func (c *Classroom) askHelp(id string, wanted bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, asks := c.roster.Help[id]; asks == wanted || c.roster.Names[id] == "" {
		return nil
	}
	return c.change(func(r *roster) {
		if wanted {
			r.Help[id] = time.Now().UTC()
		} else {
			delete(r.Help, id)
		}
	})
}

// helpSince returns since when a student asks for help, or nil.
func (c *Classroom) helpSince(id string) *time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, asks := c.roster.Help[id]; asks {
		return &at
	}
	return nil
}

// help is a student's request for help, or its withdrawal.
func (s *Server) help(w http.ResponseWriter, r *http.Request) {
	var in struct{ Wanted bool }
	me := s.identity(r)
	if s.Classroom == nil || me.Role != Student {
		sendError(w, http.StatusUnauthorized, "you are not, or no longer, in this class")
		return
	}
	if readJSON(w, r, &in) {
		sendResult(w, s.Classroom.askHelp(me.ID, in.Wanted))
	}
}

// mailbox keeps the teacher's messages to students who have no page open.
type mailbox struct {
	mu      sync.Mutex
	letters map[string][]workshop.Announcement // by the students' IDs
}

// maxLetters is how many messages are kept for a student.
const maxLetters = 20

func (m *mailbox) put(id string, n workshop.Announcement) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.letters == nil {
		m.letters = map[string][]workshop.Announcement{}
	}
	kept := append(m.letters[id], n)
	m.letters[id] = kept[max(0, len(kept)-maxLetters):]
}

// take returns the messages for a student, and forgets them.
func (m *mailbox) take(id string) []workshop.Announcement {
	m.mu.Lock()
	defer m.mu.Unlock()
	kept := m.letters[id]
	delete(m.letters, id)
	return kept
}

// answer sends a text to one student, whose request for help is then answered. One who has
// no page open receives it with the next.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) {
	text, ok := readMessage(w, r)
	if !ok {
		return
	}
	id := s.Classroom.idOf(r.PathValue("student"))
	student, err := s.Workshop.Student(id)
	if id == "" || err != nil {
		sendError(w, http.StatusNotFound, errNoStudent.Error())
		return
	}
	if err := s.Classroom.askHelp(id, false); err != nil {
		sendResult(w, err)
		return
	}
	n := workshop.Announcement{From: "teacher", Text: text, Private: true}
	shown := false
	for _, ws := range student.Workspaces() {
		if ws.Followed() {
			ws.Announce(n)
			shown = true
		}
	}
	if !shown {
		s.mail.put(id, n)
	}
	sendJSON(w, map[string]bool{"shown": shown})
}

// maxMessage is how long a message may be, in characters.
const maxMessage = 2000

// readMessage reads the text of a message. If it returns false, the request is answered.
func readMessage(w http.ResponseWriter, r *http.Request) (string, bool) {
	var in struct{ Text string }
	if !readJSON(w, r, &in) {
		return "", false
	}
	if len([]rune(in.Text)) > maxMessage {
		sendError(w, http.StatusRequestEntityTooLarge, "the message is too long")
		return "", false
	}
	return in.Text, true
}
