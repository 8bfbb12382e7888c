package lxd

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/canonical/lxd/shared/api"
)

// post sends a body of size bytes to a path of the server's API. LXD's client
// has a call for templates, which leaves the connection open.
func (s *server) post(path string, body io.Reader, size int64) error {
	client, err := s.GetHTTPClient()
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

// answered is the error that the server answers with, nil if it has none.
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
