package command

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
)

func TestInputIsCopiedForEveryKernel(t *testing.T) {
	text := strings.Repeat("line\n", 100_000)
	input := Input(iotest.HalfReader(strings.NewReader(text)), 3)
	var all sync.WaitGroup
	for range 3 {
		in := input()
		all.Go(func() {
			if got, err := io.ReadAll(in); err != nil || string(got) != text {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
	all.Wait()
	lost := errors.New("lost")
	if got, err := io.ReadAll(Input(io.MultiReader(strings.NewReader("begun"), iotest.ErrReader(lost)), 2)()); string(got) != "begun" || !errors.Is(err, lost) {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := io.ReadAll((&copies{from: zeros{}, most: 1 << 20}).reader()); !errors.Is(err, errMuchInput) {
		t.Error(err)
	}
}

// What nobody reads is not waited for.
func TestInputThatNeverEnds(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	in := Input(r, 2)()
	go w.Write([]byte("first"))
	part := make([]byte, 5)
	if _, err := io.ReadFull(in, part); err != nil || !bytes.Equal(part, []byte("first")) {
		t.Errorf("%q, %v", part, err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
