package kernel

import (
	"context"
	"errors"
	"fmt"
)

// Source is a place kernels come from. Its methods are safe for concurrent
// use.
type Source interface {
	// Name is what Ref.Source holds.
	Name() string
	// List returns the kernels the source has within want, oldest first; of kernels
	// of one version, the last is preferred. What it could not read is missing from
	// the list and named in notes. It is an error if nothing could be read.
	List(ctx context.Context, want Range) (refs []Ref, notes []string, err error)
	// Fetch brings the files of ref into the store and returns their paths in
	// the order of ref.Files. A file that has left the mirror is ErrGone.
	Fetch(ctx context.Context, ref Ref) ([]string, error)
}

// Blobs keeps files by their digest. The store implements it.
type Blobs interface {
	// Blob returns the path of the file, downloading it from url unless it is
	// there. What it returns has the size and SHA-256 of file.
	Blob(ctx context.Context, file File, url string) (string, error)
	// Drop removes a file that is no longer needed.
	Drop(file File) error
	// Document downloads a small file whose content the caller verifies. More
	// than limit bytes is an error.
	Document(ctx context.Context, url string, limit int64) ([]byte, error)
}

// States keeps small named records of a source between runs.
type States interface {
	// ReadState returns nil if there is no such record.
	ReadState(name string) ([]byte, error)
	WriteState(ctx context.Context, name string, data []byte) error
}

// Progress receives reports on what takes long. Its methods are called from many
// goroutines.
type Progress interface {
	// Bytes says that done of total bytes of the named thing are there; the
	// last call for a thing has done == total.
	Bytes(name string, done, total int64)
	// Note is one line for the user.
	Note(line string)
}

// ErrGone is a file that its mirror no longer has.
var ErrGone = errors.New("has left its mirror")

// UnavailableError is a source that cannot be reached or does not answer as
// it should: the network's or the mirror's fault, not the user's.
type UnavailableError struct {
	What string // "bookworm", or a URL
	Err  error
}

func (e *UnavailableError) Error() string { return fmt.Sprintf("%s: %v", e.What, e.Err) }

// Unwrap gives the cause.
func (e *UnavailableError) Unwrap() error { return e.Err }
