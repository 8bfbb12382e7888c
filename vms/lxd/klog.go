package lxd

import (
	"context"
	"errors"
	"io"
)

// kernelLog reads the kernel's console from that byte on. LXD's API gives the
// whole file each time.
func (i *instance) kernelLog(ctx context.Context, from int64) (text []byte, err error) {
	got := make(chan []byte, 1)
	err = within(ctx, func() error {
		text, err := i.readLog(from)
		got <- text
		return err
	})
	select {
	case text = <-got:
	default:
	}
	return text, err
}

func (i *instance) readLog(from int64) ([]byte, error) {
	file, err := i.server.GetInstanceLogfile(i.name, kernelLog)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if _, err := io.CopyN(io.Discard, file, from); errors.Is(err, io.EOF) {
		return nil, errShorter
	} else if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(file, logLimit))
}

// logLimit is how much of a console is read at a time, in bytes.
const logLimit = 16 << 20

// errShorter is a log with less in it than was read before: LXD has started the
// machine again, as it does if a guest resets itself.
var errShorter = errors.New("the guest reset itself")
