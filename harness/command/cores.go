package command

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms/wire"
)

// TakeCores stores the core dumps of killed commands in dir, with their binaries beside
// them for a debugger.
func TakeCores(ctx context.Context, s *session.Session, dir, binary string) error {
	n, err := Take(ctx, s, "", wire.Cores, dir)
	if err != nil || n == 0 {
		return err
	}
	in, err := os.Open(binary)
	if err != nil {
		return nil // the machine's own, or gone
	}
	defer in.Close()
	out, err := os.OpenFile(filepath.Join(dir, filepath.Base(binary)), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o755)
	if err != nil {
		return err
	}
	defer out.Close()
	_, err = io.Copy(out, in)
	return err
}
