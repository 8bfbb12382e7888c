package web

import (
	"crypto/rand"
	"crypto/subtle"
	"net/http"
	"strings"
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
// another browser. It replaces an earlier one.
func (c *Classroom) PersonalCode(id string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.roster.Names[id] == "" {
		return "", errNoStudent
	}
	code := newCode()
	return code, c.change(func(r *roster) { r.Codes[id] = digestOf(normalizeCode(code)) })
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
	Name string `json:"name"`
	Code string `json:"code"`
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
	id := s.Classroom.idOf(r.PathValue("student"))
	if id == "" {
		sendError(w, http.StatusNotFound, "there is no such student")
		return
	}
	s.personalCode(w, id)
}

func (s *Server) personalCode(w http.ResponseWriter, id string) {
	code, err := s.Classroom.PersonalCode(id)
	if err != nil {
		sendError(w, http.StatusInternalServerError, err.Error())
		return
	}
	sendJSON(w, codeAnswer{s.Classroom.name(id), code})
}
