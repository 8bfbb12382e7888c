package guest

import (
	"context"
	"io"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/wire"
)

// put stores the call's data as a file. A file cut short is removed.
func (a *agent) put(_ context.Context, req *wire.Request) (any, error) {
	var args wire.Put
	if err := req.Decode(&args); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(args.Path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(args.Path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, os.FileMode(args.Mode))
	if err != nil {
		return nil, err
	}
	n, err := io.Copy(f, req.Data())
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		os.Remove(args.Path)
		return nil, err
	}
	return wire.PutResult{Size: n}, nil
}
