package initramfs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"time"
)

// format is part of every digest; it changes when the same inputs make another
// archive.
const format = 5

// Digest names the archive that Build makes of o: the content of the agent and
// of busybox, the modules' directory with its digest, and the wanted and needed modules.
func Digest(o Options) (string, error) { return (&Cache{}).digest(o) }

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

// sums remembers the digests of files that have not changed, so that a process
// that starts hundreds of machines reads its agent once.
type sums struct {
	mu    sync.Mutex
	known map[stamp]string
}

type stamp struct {
	name string
	size int64
	time time.Time
}

// of returns the SHA-256 of a file in hex.
func (s *sums) of(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := stamp{name, info.Size(), info.ModTime()}
	if sum, ok := s.known[at]; ok {
		return sum, nil
	}
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return "", err
	}
	if s.known == nil {
		s.known = map[stamp]string{}
	}
	s.known[at] = hex.EncodeToString(hash.Sum(nil))
	return s.known[at], nil
}

// union returns the elements of both, sorted, each once.
func union(a, b []string) []string {
	both := slices.Concat(a, b)
	slices.Sort(both)
	return slices.Compact(both)
}
