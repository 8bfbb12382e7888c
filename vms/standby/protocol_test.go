//go:build linux

package standby

import (
	"errors"
	"io"
	"net"
	"testing"
)

// reads are what a connection returns, one after the other, and then its end.
type reads []string

func (r *reads) ReadMsgUnix(b, _ []byte) (n, oobn, flags int, addr *net.UnixAddr, err error) {
	text := ""
	if len(*r) > 0 {
		text, *r = (*r)[0], (*r)[1:]
	}
	if text == "" {
		return 0, 0, 0, nil, io.EOF
	}
	return copy(b, text), 0, 0, nil, nil
}

func TestReceiveBehindAnEarlyEnd(t *testing.T) {
	for name, tt := range map[string]struct {
		reads reads
		want  error
	}{
		"a message":                      {reads{`{"Build":"1"}`}, nil},
		"a message behind the first end": {reads{"", `{"Build":"1"}`}, nil},
		"the end":                        {nil, io.EOF},
	} {
		var got answer
		if _, err := receive(&tt.reads, &got); !errors.Is(err, tt.want) || err == nil && got.Build != "1" {
			t.Errorf("%s: %+v, error %v", name, got, err)
		}
	}
}
