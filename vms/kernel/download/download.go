// Package download brings files over HTTP onto disk: resumed where they were
// cut off, tried again with growing pauses, given up on when they stall or
// trickle, and never longer than what was promised. It checks lengths; digests
// are the caller's.
package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Client downloads. The zero value is ready for use.
type Client struct {
	HTTP   *http.Client  // nil: one that gives up connecting after 5 s
	Window time.Duration // over which the rate is measured; 0 means 10 s
	Rate   int64         // bytes a second that a mirror must send; 0 means 4 KiB
	Tries  int           // in all, counted anew whenever bytes arrived fast enough; 0 means 4
	Pause  time.Duration // before the second try, doubled for each further one; 0 means 500 ms
}

// ConnectTimeout is how long a mirror may take to accept a connection: an
// unreachable one must not hold up those that answer.
const ConnectTimeout = 5 * time.Second

// Errors of a transfer. ErrLength is a mirror that sends another length than
// the signed one: trying again will not help.
var (
	ErrStalled = errors.New("the mirror sends nothing any more")
	ErrSlow    = errors.New("the mirror sends too slowly")
	ErrLength  = errors.New("the mirror has a file of another length")
)

var standard = &http.Client{Transport: &http.Transport{
	Proxy:                 http.ProxyFromEnvironment,
	DialContext:           (&net.Dialer{Timeout: ConnectTimeout}).DialContext,
	TLSHandshakeTimeout:   ConnectTimeout,
	ResponseHeaderTimeout: 15 * time.Second,
	MaxIdleConnsPerHost:   4,
}}

// File appends to f, which holds the first bytes of the file at url or
// nothing, until it has size bytes. seen, if not nil, receives how many bytes
// there are. A file the server does not have is kernel.ErrGone; all errors
// name the url.
func (c Client) File(ctx context.Context, url string, f *os.File, size int64, seen func(int64)) error {
	have, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if have > size {
		return c.explain(url, fmt.Errorf("%w: %d bytes instead of %d", ErrLength, have, size))
	}
	t := &transfer{client: c, url: url, file: f, have: have, size: size, seen: seen}
	return c.explain(url, c.persist(ctx, func(ctx context.Context) (bool, error) {
		before := t.have
		err := t.once(ctx)
		return t.have-before >= c.least(), err // a trickle would be tried for ever
	}))
}

// Document returns the whole file at url, which may have up to limit bytes.
// Errors are those of File.
func (c Client) Document(ctx context.Context, url string, limit int64) ([]byte, error) {
	var body []byte
	err := c.persist(ctx, func(ctx context.Context) (bool, error) {
		var err error
		body, err = c.document(ctx, url, limit)
		return false, err
	})
	return body, c.explain(url, err)
}

func (c Client) document(ctx context.Context, url string, limit int64) ([]byte, error) {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	response, err := c.get(ctx, url, 0)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(c.watched(ctx, stop, response.Body), limit+1))
	if given := givenUp(ctx); given != nil {
		return nil, given
	}
	if err == nil && int64(len(body)) > limit {
		return nil, final(fmt.Errorf("%w: more than %d bytes", ErrLength, limit))
	}
	return body, err
}

// explain puts the url in front, as an *UnavailableError unless the file is
// gone, the disk is at fault, or the user gave up.
func (c Client) explain(url string, err error) error {
	var disk *os.PathError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, kernel.ErrGone), errors.Is(err, context.Canceled):
		return fmt.Errorf("%s: %w", url, err)
	case errors.As(err, &disk):
		return err
	}
	return &kernel.UnavailableError{What: url, Err: err}
}

func (c Client) http() *http.Client {
	if c.HTTP != nil {
		return c.HTTP
	}
	return standard
}
