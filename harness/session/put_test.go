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
		{tellEvery, ""}, // gone at once
		{tellEvery + 1, fmt.Sprint([]int64{tellEvery, tellEvery + 1})},
		{3 * tellEvery, fmt.Sprint([]int64{tellEvery, 2 * tellEvery, 3 * tellEvery})},
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
