package rootfs

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/vms/cache"
)

// requestSuffix ends the names of links from requests to archives.
const requestSuffix = ".request"

// Known returns the archive that Remember recorded for this request, if it is still
// there and sound: the same request means the same archive until the cache is cleared.
func (c Cache) Known(request string) (string, bool) {
	name, err := filepath.EvalSymlinks(c.request(request))
	if err != nil || filepath.Ext(name) != suffix {
		return "", false
	}
	return name, c.isSound(name)
}

// Remember records the archive of a request. If it cannot, the next request is planned
// again.
func (c Cache) Remember(request, file string) {
	os.RemoveAll(c.request(request))
	os.Symlink(filepath.Base(file), c.request(request))
}

func (c Cache) request(text string) string {
	sum := sha256.Sum256([]byte(format + "\n" + text))
	return filepath.Join(c.Dir, hex.EncodeToString(sum[:])+requestSuffix)
}

// Verify checks every archive and returns those that are damaged, and how many are
// sound.
func (c Cache) Verify() (bad []cache.Finding, sound int) {
	var checker cache.Checker
	return checker.VerifyFiles("rootfs", c.Dir, suffix)
}

// Prune removes what no request leads to (archives of tar archives and directories, those
// of an older bpflab, and requests whose archive is gone), or everything, and what dead
// processes left.
func (c Cache) Prune(now time.Time, everything bool) error {
	used := map[string]bool{}
	var errs []error
	for _, link := range cache.Files(c.Dir, requestSuffix) {
		name, err := os.Readlink(link)
		if _, gone := os.Stat(link); everything || err != nil || gone != nil {
			errs = append(errs, os.RemoveAll(link))
			continue
		}
		used[name] = true
	}
	for _, file := range cache.Files(c.Dir, suffix) {
		if !used[filepath.Base(file)] {
			errs = append(errs, cache.Remove(file))
		}
	}
	cache.Sweep(c.Dir, now)
	return errors.Join(append(errs, cache.RemoveLoneSums(c.Dir))...)
}
