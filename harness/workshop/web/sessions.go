package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"sync"
	"time"
)

// Role is what a browser's user may do in a workshop.
type Role string

// The roles. Nobody has no session.
const (
	Nobody  Role = "none"
	Student Role = "student"
	Teacher Role = "teacher"
)

// principal is the owner of a session.
type principal struct {
	Role Role      `json:"role"`
	ID   string    `json:"id"`
	Made time.Time `json:"made"`
}

// sessionLife is how long a session is valid.
const sessionLife = 30 * 24 * time.Hour

// sessions are the valid sessions, by the digests of their tokens, and keys that have
// not been used. Sessions are stored in a file; keys are not.
type sessions struct {
	file string

	mu   sync.Mutex
	all  map[string]principal
	keys map[string]principal
}

// openSessions reads the stored sessions.
func openSessions(file string) (*sessions, error) {
	s := &sessions{file: file, all: map[string]principal{}, keys: map[string]principal{}}
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the workshop's sessions: %w", err)
	}
	if json.Unmarshal(text, &s.all) != nil {
		s.all = map[string]principal{} // everybody has to log in again
	}
	for digest, p := range s.all {
		if time.Since(p.Made) > sessionLife {
			delete(s.all, digest)
		}
	}
	return s, nil
}

func digestOf(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// key returns a new key, which opens a session once.
func (s *sessions) key(p principal) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := rand.Text()
	s.keys[digestOf(key)] = p
	return key
}

// redeem opens a session for a key. It returns false if the key is unknown or was used.
func (s *sessions) redeem(key string) (token string, ok bool, err error) {
	s.mu.Lock()
	p, ok := s.keys[digestOf(key)]
	delete(s.keys, digestOf(key))
	s.mu.Unlock()
	if !ok {
		return "", false, nil
	}
	token, err = s.open(p)
	return token, true, err
}

// open opens a session and returns its token. If the session cannot be stored there is
// none.
func (s *sessions) open(p principal) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.add(p, s.all)
}

// replace opens a session in place of all others of the owner.
func (s *sessions) replace(p principal) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := maps.Clone(s.all)
	maps.DeleteFunc(kept, func(_ string, other principal) bool { return other.Role == p.Role && other.ID == p.ID })
	return s.add(p, kept)
}

// add opens a session beside others. The caller holds the lock.
func (s *sessions) add(p principal, others map[string]principal) (string, error) {
	token := rand.Text()
	p.Made = time.Now().UTC()
	all := maps.Clone(others)
	all[digestOf(token)] = p
	if err := store(s.file, all); err != nil {
		return "", err
	}
	s.all = all
	return token, nil
}

// lookup returns the owner of the session with a token, or Nobody.
func (s *sessions) lookup(token string) principal {
	s.mu.Lock()
	defer s.mu.Unlock()
	want := digestOf(token)
	for digest, p := range s.all {
		if subtle.ConstantTimeCompare([]byte(digest), []byte(want)) == 1 && time.Since(p.Made) <= sessionLife {
			return p
		}
	}
	return principal{Role: Nobody}
}

// end ends a session.
func (s *sessions) end(token string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, digestOf(token))
	return store(s.file, s.all)
}

// endOf ends all sessions of an owner.
func (s *sessions) endOf(role Role, id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for digest, p := range s.all {
		if p.Role == role && p.ID == id {
			delete(s.all, digest)
		}
	}
	return store(s.file, s.all)
}
