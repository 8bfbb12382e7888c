package session

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

func TestMeter(t *testing.T) {
	for _, test := range []struct {
		size int64
		want string
	}{
		{reportEvery, ""}, // gone at once
		{reportEvery + 1, fmt.Sprint([]int64{reportEvery, reportEvery + 1})},
		{3 * reportEvery, fmt.Sprint([]int64{reportEvery, 2 * reportEvery, 3 * reportEvery})},
	} {
		var told []int64
		r := metered(bytes.NewReader(make([]byte, test.size)), test.size, func(sent, size int64) {
			if size != test.size {
				t.Errorf("size %d, want %d", size, test.size)
			}
			told = append(told, sent)
		})
		n, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{r}, make([]byte, 4096))
		if n != test.size || err != nil {
			t.Errorf("%d bytes of %d, error %v", n, test.size, err)
		}
		got := ""
		if told != nil {
			got = fmt.Sprint(told)
		}
		if got != test.want {
			t.Errorf("%d bytes: told %s, want %s", test.size, got, test.want)
		}
	}
}
