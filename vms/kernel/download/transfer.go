package download

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"

	"github.com/bpflab/bpflab/vms/kernel"
)

// transfer is one file on its way.
type transfer struct {
	client Client
	url    string
	file   *os.File
	have   int64 // bytes in file
	size   int64 // bytes promised
	seen   func(int64)
}

// once asks for what is missing and writes what comes.
func (t *transfer) once(ctx context.Context) error {
	if t.have == t.size {
		return nil
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	response, err := t.client.get(ctx, t.url, t.have)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if err := t.accept(response); err != nil {
		return err
	}
	err = t.copy(t.client.watched(ctx, stop, response.Body))
	if given := givenUp(ctx); given != nil && t.have < t.size {
		return given
	}
	return err
}

// accept looks at the answer's head: a server that cannot resume sends the
// whole file again.
func (t *transfer) accept(r *http.Response) error {
	if r.StatusCode == http.StatusOK && t.have > 0 {
		if err := t.restart(); err != nil {
			return final(err)
		}
	}
	if r.ContentLength >= 0 && t.have+r.ContentLength != t.size {
		return final(fmt.Errorf("%w: %d bytes instead of %d", ErrLength, t.have+r.ContentLength, t.size))
	}
	return nil
}

func (t *transfer) restart() error {
	t.have = 0
	if err := t.file.Truncate(0); err != nil {
		return err
	}
	_, err := t.file.Seek(0, io.SeekStart)
	return err
}

// copy writes body to the file until the size is reached; more is an error.
func (t *transfer) copy(body io.Reader) error {
	buffer := make([]byte, 128<<10)
	for {
		n, err := body.Read(buffer)
		if err := t.write(buffer[:n]); err != nil {
			return final(err)
		}
		switch {
		case err == io.EOF && t.have < t.size:
			return fmt.Errorf("%w after %d of %d bytes", io.ErrUnexpectedEOF, t.have, t.size)
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
}

func (t *transfer) write(b []byte) error {
	if t.have+int64(len(b)) > t.size {
		return fmt.Errorf("%w: more than %d bytes", ErrLength, t.size)
	}
	n, err := t.file.Write(b)
	t.have += int64(n)
	if t.seen != nil && n > 0 {
		t.seen(t.have)
	}
	return err
}

// get asks for address from byte offset on.
func (c Client) get(ctx context.Context, address string, offset int64) (*http.Response, error) {
	return c.ask(ctx, http.MethodGet, address, offset)
}

// ask sends a request and sorts the status codes.
func (c Client) ask(ctx context.Context, method, address string, offset int64) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, final(err)
	}
	if offset > 0 {
		request.Header.Set("Range", "bytes="+strconv.FormatInt(offset, 10)+"-")
	}
	response, err := c.http().Do(request)
	if err != nil {
		return nil, bare(err)
	}
	if err := statusError(response, offset); err != nil {
		response.Body.Close()
		return nil, err
	}
	return response, nil
}

func statusError(r *http.Response, offset int64) error {
	switch code := r.StatusCode; {
	case code == http.StatusOK, code == http.StatusPartialContent && offset > 0:
		return nil
	case code == http.StatusNotFound, code == http.StatusGone:
		return final(kernel.ErrGone)
	case code >= 500, code == http.StatusTooManyRequests, code == http.StatusRequestTimeout:
		return fmt.Errorf("the mirror answers %s", r.Status)
	default:
		return final(fmt.Errorf("the mirror answers %s", r.Status))
	}
}

// bare takes off net/http's own mention of method and URL.
func bare(err error) error {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		return wrapped.Err
	}
	return err
}

// unreachable reports whether there is nothing to ask: no such host, no route, or
// no answer to the connection.
func unreachable(err error) bool {
	var dial *net.OpError
	var name *net.DNSError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.As(err, &name)
}
