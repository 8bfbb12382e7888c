package download

import (
	"context"
	"errors"
	"net/http"

	"github.com/bpflab/bpflab/vms/kernel"
)

// errNoLength is a server that does not say how long its file is.
var errNoLength = errors.New("the mirror does not say how long the file is")

// Length returns the length of the file at url, as its server has it: nothing vouches for
// that. Errors are those of File.
func (c Client) Length(ctx context.Context, url string) (int64, error) {
	var size int64
	err := c.persist(ctx, func(ctx context.Context) (bool, error) {
		var err error
		size, err = c.length(ctx, url)
		return false, err
	})
	return size, c.explain(url, err)
}

// Reach returns an error unless the server of url answers, whatever it thinks of the path.
// It asks once.
func (c Client) Reach(ctx context.Context, url string) error {
	response, err := c.ask(ctx, http.MethodHead, url, 0)
	switch {
	case err == nil:
		return response.Body.Close()
	case errors.Is(err, kernel.ErrGone):
		return nil
	}
	return c.explain(url, err)
}

func (c Client) length(ctx context.Context, url string) (int64, error) {
	response, err := c.ask(ctx, http.MethodHead, url, 0)
	if err != nil {
		return 0, err
	}
	response.Body.Close()
	if response.ContentLength < 0 {
		return 0, final(errNoLength)
	}
	return response.ContentLength, nil
}
