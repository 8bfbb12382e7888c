package web

import (
	"compress/gzip"
	"embed"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	pathpkg "path"
	"strings"
)

// dist is the page as `make build` makes it from ui, each file compressed. It is empty
// in a build without npm.
//
//go:embed all:dist
var dist embed.FS

// ErrNoPage is the error of a binary without the page.
var ErrNoPage = errors.New("this bpflab was built without the page for browsers: `make web build` builds both")

// HasPage returns ErrNoPage if the binary has no page.
func HasPage() error {
	if _, err := fs.Stat(dist, "dist/index.html.gz"); err != nil {
		return ErrNoPage
	}
	return nil
}

func (s *Server) index(w http.ResponseWriter, r *http.Request) { serve(w, r, "index.html") }
func (s *Server) asset(w http.ResponseWriter, r *http.Request) { serve(w, r, r.PathValue("asset")) }

// serve sends a file of the page, compressed if the browser accepts that.
func serve(w http.ResponseWriter, r *http.Request, name string) {
	f, err := dist.Open("dist/" + name + ".gz")
	if err != nil {
		sendError(w, http.StatusNotFound, "there is no "+r.URL.Path)
		return
	}
	defer f.Close()
	boundAnswer(w)
	h := w.Header()
	h.Set("Content-Type", contentType(name))
	h.Set("Cache-Control", "no-cache")
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		io.Copy(w, f)
		return
	}
	text, err := gzip.NewReader(f)
	if err != nil {
		sendError(w, http.StatusInternalServerError, err.Error())
		return
	}
	io.Copy(w, text)
}

func contentType(name string) string {
	if t := mime.TypeByExtension(pathpkg.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}
