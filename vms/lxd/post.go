package lxd

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"

	"github.com/canonical/lxd/shared/api"
)

// post sends a body of size bytes to a path of the server's API. LXD's client
// has a call for templates, which leaves the connection open.
func (s *server) post(path string, body io.Reader, size int64) error {
	client, err := s.patientClient()
	if err != nil {
		return err
	}
	info, err := s.GetConnectionInfo()
	if err != nil {
		return err
	}
	base := info.URL
	if info.SocketPath != "" {
		base = "http://unix.socket"
	}
	req, err := http.NewRequest(http.MethodPost, base+path+"&project="+url.QueryEscape(s.project), body)
	if err != nil {
		return err
	}
	req.ContentLength = size
	req.Header.Set("Content-Type", "application/octet-stream")
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return answered(resp)
}

// patientClient returns the server's client for requests that the server may answer
// before it has read them whole.
func (s *server) patientClient() (*http.Client, error) {
	client, err := s.GetHTTPClient()
	if err != nil {
		return nil, err
	}
	known, ok := client.Transport.(*http.Transport)
	if !ok {
		return client, nil
	}
	transport := known.Clone()
	transport.DialContext = patient(known.DialContext)
	transport.DialTLSContext = patient(known.DialTLSContext)
	return &http.Client{Transport: transport, CheckRedirect: client.CheckRedirect}, nil
}

type dial = func(ctx context.Context, network, addr string) (net.Conn, error)

func patient(d dial) dial {
	if d == nil {
		return nil
	}
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := d(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &patientConn{Conn: conn}, nil
	}
}

// patientConn hides the error of a server that no longer reads. The reason is in the
// server's answer, for which net/http would not wait otherwise.
type patientConn struct{ net.Conn }

func (c *patientConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return len(p), nil
	}
	return n, err
}

// answered returns the error that the server answers with, nil if it has none.
func answered(resp *http.Response) error {
	var answer api.ResponseRaw
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("LXD answers with %s: %w", resp.Status, err)
	}
	if answer.Type == api.ErrorResponse {
		return api.StatusErrorf(answer.Code, "%s", answer.Error)
	}
	return nil
}
