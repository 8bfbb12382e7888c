package initramfs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/bpflab/bpflab/vms/cache"
)

// format is part of every digest; it changes when the same inputs make another
// archive.
const format = 5

// Digest names the archive that Build makes of o: the content of the agent and
// of busybox, the modules' directory with its digest, and the wanted and needed modules.
func Digest(o Options) (string, error) { return (&Cache{sums: sums{new(cache.Memo)}}).digest(o) }

func (c *Cache) digest(o Options) (string, error) {
	agent, err := c.sums.of(o.Agent)
	if err != nil {
		return "", fmt.Errorf("guest agent: %w", err)
	}
	if o.Busybox == "" {
		if o.Busybox, err = FindBusybox(); err != nil {
			return "", err
		}
	}
	box, err := c.sums.of(o.Busybox)
	if err != nil {
		return "", fmt.Errorf("busybox: %w", err)
	}
	o.Agent, o.Busybox = agent, box
	if o.Config != "" {
		if o.Config, err = c.sums.of(o.Config); err != nil {
			return "", fmt.Errorf("kernel configuration: %w", err)
		}
	}
	o.Wanted, o.Needed = union(o.Wanted, o.Needed), nil
	text, err := json.Marshal(struct {
		Format int
		Options
	}{format, o})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:]), nil
}

// sums returns the digests of files, which it reads again only if they have changed.
type sums struct{ memo *cache.Memo }

// of returns the SHA-256 of a file in hex.
func (s *sums) of(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	return s.memo.Of(f, "sha256", func() (string, error) {
		hash := sha256.New()
		_, err := io.Copy(hash, f)
		return hex.EncodeToString(hash.Sum(nil)), err
	})
}

// union returns the elements of both, sorted, each once.
func union(a, b []string) []string {
	both := slices.Concat(a, b)
	slices.Sort(both)
	return slices.Compact(both)
}
