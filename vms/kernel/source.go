package kernel

import (
	"context"
	"errors"
	"fmt"
)

// Source is a place kernels come from. Its methods are safe for concurrent use. Only
// List, Fetch and a visit to Mirror ask the network.
type Source interface {
	// Name is what Ref.Source holds.
	Name() string
	// Claim reports whether a selector is one of this source's, and returns the track
	// of kernels that it names, the same for all spellings: "22.04/aws" for
	// "ubuntu/jammy/aws". One that begins as the source's own do, but names no track of
	// it, is a *SelectorError.
	Claim(selector string) (track string, ours bool, err error)
	// Tracks returns tracks that the source is known to have, for lists and messages.
	Tracks() []string
	// Mirror returns a URL that answers where the source can be reached, "" for a
	// source that needs no network.
	Mirror() string
	// List returns the kernels that are wanted, oldest first; of kernels of one version,
	// the last is preferred. What it could not read is missing from the list and named
	// in notes. It is an error if nothing could be read.
	List(ctx context.Context, want Want) (refs []Ref, notes []string, err error)
	// Fetch brings the files of ref into the store and returns their paths in
	// the order of ref.Files, and after them those of what these refer to, if anything. A
	// file that has left the mirror is ErrGone.
	Fetch(ctx context.Context, ref Ref) ([]string, error)
}

// Want says which kernels a source is asked for.
type Want struct {
	Track  string // as Claim returned it; "": those that selectors without a source may find
	Arch   Arch   // of the kernels; "" means AMD64
	Within Range  // of their versions
	Exact  string // the one version or release that is asked for; "" for any
	Every  bool   // those of all tracks, for a search
	All    bool   // also those that are not the newest of their series, where a source lists only these
}

// Unpacker is a Source whose files are no packages: it lays out by itself, in dir, what
// Fetch returned. The paths of the image are relative to dir.
type Unpacker interface {
	Unpack(ctx context.Context, ref Ref, files []string, dir string) (Image, error)
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
	// Length asks how long the file at url is, which nothing vouches for. A file that is
	// not there is ErrGone.
	Length(ctx context.Context, url string) (int64, error)
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
