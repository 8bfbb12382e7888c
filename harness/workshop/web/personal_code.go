package web

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strings"
	"time"
)

// newCode returns a random code of 40 bits that people can read aloud.
func newCode() string {
	code := rand.Text()
	return code[:4] + "-" + code[4:8]
}

// normalizeCode returns a code in the form in which codes are compared.
func normalizeCode(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

// sameCode reports whether two codes are equal, in constant time.
func sameCode(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(normalizeCode(a)), []byte(normalizeCode(b))) == 1
}

// PersonalCode gives a student a personal code, with which the student joins again from
// another browser, and returns when it was made. It replaces an earlier one.
func (c *Classroom) PersonalCode(id string) (code string, made time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.roster.Names[id] == "" {
		return "", time.Time{}, errNoStudent
	}
	code, made = newCode(), time.Now().UTC()
	return code, made, c.change(func(r *roster) { r.Codes[id], r.Made[id] = digestOf(normalizeCode(code)), made })
}

// codeMade returns when a student's personal code was made, or nil if there is none that
// can be used.
func (c *Classroom) codeMade(id string) *time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at, ok := c.roster.Made[id]; ok {
		return &at
	}
	return nil
}

// owner returns the ID of the student with this name and personal code, or "". The caller
// holds the lock.
func (c *Classroom) owner(name, code string) string {
	for id, digest := range c.roster.Codes {
		if strings.EqualFold(c.roster.Names[id], normalizeName(name)) && subtle.ConstantTimeCompare([]byte(digestOf(normalizeCode(code))), []byte(digest)) == 1 {
			return id
		}
	}
	return ""
}

// codeAnswer is the JSON of a personal code.
type codeAnswer struct {
	Name string    `json:"name"`
	Code string    `json:"code"`
	Made time.Time `json:"made"`
}

// myCode gives a student a personal code.
func (s *Server) myCode(w http.ResponseWriter, r *http.Request) {
	me := s.identity(r)
	if s.Classroom == nil || me.Role != Student {
		sendError(w, http.StatusUnauthorized, "you are not, or no longer, in this class")
		return
	}
	s.personalCode(w, me.ID)
}

// codeFor gives the teacher a personal code for a student who has lost the page.
func (s *Server) codeFor(w http.ResponseWriter, r *http.Request) {
	if id := s.named(w, r); id != "" {
		s.personalCode(w, id)
	}
}

func (s *Server) personalCode(w http.ResponseWriter, id string) {
	code, made, err := s.Classroom.PersonalCode(id)
	if err != nil {
		sendResult(w, err)
		return
	}
	sendJSON(w, codeAnswer{s.Classroom.name(id), code, made})
}
