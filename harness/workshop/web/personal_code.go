package web

import (
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
)

// newCode is one that people read to each other, of 40 random bits.
func newCode() string {
	code := rand.Text()
	return code[:4] + "-" + code[4:8]
}

// bare is a code as it is compared: however it was typed.
func bare(code string) string {
	return strings.ToUpper(strings.NewReplacer("-", "", " ", "").Replace(code))
}

func sameCode(a, b string) bool {
	return subtle.ConstantTimeCompare([]byte(bare(a)), []byte(bare(b))) == 1
}

// OwnCode gives a student of the class a code of their own, with which they join once
// more, from another browser. An older one is good no longer.
func (c *Classroom) PersonalCode(id string) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.roster.Names[id] == "" {
		return "", errors.New("there is no such student")
	}
	if c.roster.Codes == nil {
		c.roster.Codes = map[string]string{}
	}
	code := newCode()
	c.roster.Codes[id] = digestOf(bare(code))
	return code, c.save()
}

// returning is the ID of the student whose name and own code these are, "" if they are
// nobody's. The code is good no longer. The caller holds the lock.
func (c *Classroom) redeem(name, code string) (string, error) {
	name = strings.Join(strings.Fields(name), " ")
	for id, digest := range c.roster.Codes {
		if strings.EqualFold(c.roster.Names[id], name) && subtle.ConstantTimeCompare([]byte(digestOf(bare(code))), []byte(digest)) == 1 {
			delete(c.roster.Codes, id)
			return id, c.save()
		}
	}
	return "", nil
}

// codeAnswer is what a student joins with elsewhere.
type codeAnswer struct {
	Name string `json:"name"`
	Code string `json:"code"`
}

// myCode gives a student a code of their own.
func (s *Server) myCode(w http.ResponseWriter, r *http.Request) {
	me := s.identity(r)
	if s.Classroom == nil || me.Role != Student {
		sendError(w, http.StatusUnauthorized, "you are not in this class, or no longer")
		return
	}
	s.personalCode(w, me.ID)
}

// codeFor gives the teacher a code for a student who has lost the page.
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
