package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// askAgain is how long to wait before trace_pipe is asked for again.
const askAgain = 20 * time.Millisecond

// openPipe opens a trace_pipe once no other agent has it open.
//
// What one reader takes out of it, no other one sees, and programs print into
// this one buffer, no matter who loaded them: before 5.9 bpf_trace_printk writes to no
// instance of tracefs, and an instance stays when its maker is killed. So agents
// on one kernel take turns. The lock is on the pipe itself, which all mounts of
// tracefs have in common, and is gone with its holder. Kernels since 6.6 let one
// reader in, and answer EBUSY to the next. It waits until ctx ends, whose cause is in
// the error then.
func openPipe(ctx context.Context, path string) (int, error) {
	for {
		fd, err := tryPipe(path)
		if err != unix.EBUSY && err != unix.EWOULDBLOCK {
			return fd, pathError(path, err)
		}
		select {
		case <-time.After(askAgain):
		case <-ctx.Done():
			return -1, fmt.Errorf("%s: another program reads it: %w", path, context.Cause(ctx))
		}
	}
}

var errPipeTaken = errors.New("another program of the machine has trace_pipe open, and one at a time can read it: end it with Ctrl-C in its terminal")

func tryPipe(path string) (int, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return -1, err
	}
	if err := unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// emptyTrace throws away what is in the trace buffer, by reading it from its pipe: the
// kernel waits for a grace period of RCU when the buffer is truncated. Only where the
// buffer fills as fast as it is read, it is truncated.
func emptyTrace(pipe int, dir string) error {
	buf := make([]byte, 16<<10)
	for range mostToRead / len(buf) {
		n, err := unix.Read(pipe, buf)
		if err != unix.EINTR && n <= 0 {
			return nil
		}
	}
	return os.WriteFile(dir+"/trace", nil, 0)
}

// mostToRead is how much of a trace buffer is read to empty it, in bytes.
const mostToRead = 1 << 20

func pathError(path string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", path, err)
}
