package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// bodyLimit limits a request's body.
type bodyLimit struct {
	size int64         // bytes
	time time.Duration // that the browser may take to send it
}

// maxBody is the size of a C file as JSON, in which a character may take six bytes.
const maxBody = 8 << 20

var (
	memberLimit   = bodyLimit{maxBody, 30 * time.Second}
	strangerLimit = bodyLimit{16 << 10, 10 * time.Second}
)

// bound limits the body of every request, whatever path it has and whether or not its
// handler reads it. After the handler, the rest of the body is not waited for.
func (s *Server) bound(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		connection := http.NewResponseController(w)
		connection.SetWriteDeadline(time.Time{}) // from the connection's request before
		if r.ContentLength == 0 {
			h.ServeHTTP(w, r)
			return
		}
		limit := s.stranger
		if s.identity(r).Role != Nobody {
			limit = s.member
		}
		connection.SetReadDeadline(time.Now().Add(limit.time))
		w.Header().Set("Connection", "close") // unless the body is read to its end
		b := &body{ReadCloser: http.MaxBytesReader(w, r.Body, limit.size), ended: func() {
			w.Header().Del("Connection")
			connection.SetReadDeadline(time.Time{})
		}}
		r.Body = b
		h.ServeHTTP(w, r)
		if !b.end {
			connection.SetReadDeadline(time.Now())
		}
	})
}

// body calls ended once it has been read to its end.
type body struct {
	io.ReadCloser
	ended func()
	end   bool
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF && !b.end {
		b.end = true
		b.ended()
	}
	return n, err
}

// answerTime is how long a browser may take to read an answer.
const answerTime = time.Minute

// boundAnswer limits the time to send an answer, from now on.
func boundAnswer(w http.ResponseWriter) {
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(answerTime))
}

// readJSON decodes the JSON of a request. If that fails it answers the request and
// returns false.
func readJSON(w http.ResponseWriter, r *http.Request, into any) bool {
	text, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &large):
		sendError(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("a request may have at most %d KiB, and a C file 1 MiB", large.Limit>>10))
	default:
		sendError(w, http.StatusBadRequest, "the request is not valid JSON: "+err.Error())
	}
	return false
}
