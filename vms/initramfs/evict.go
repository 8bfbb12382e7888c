package initramfs

import (
	"errors"
	"slices"
	"time"

	"github.com/bpflab/bpflab/vms/cache"
)

// What the cache keeps: the newest archives, and all that were used so recently that a
// machine may be starting from them.
const (
	keepArchives = 16
	keepUsed     = time.Hour
)

// evict removes surplus archives and what dead processes left. What cannot be removed
// stays.
func (c *Cache) evict(now time.Time) {
	cache.Sweep(c.dir, now)
	archives := c.archives()
	for _, file := range archives[min(len(archives), keepArchives):] {
		if now.Sub(cache.Used(file)) > keepUsed {
			cache.Remove(file)
		}
	}
}

// archives returns the paths of all archives, the one that was used last first.
func (c *Cache) archives() []string {
	all, used := cache.Files(c.dir, suffix), map[string]time.Time{}
	for _, file := range all {
		used[file] = cache.Used(file)
	}
	slices.SortStableFunc(all, func(a, b string) int { return used[b].Compare(used[a]) })
	return all
}

// pruneGrace is how long ago an archive must have been used to be removed by Prune: a
// machine may just be starting from a younger one.
const pruneGrace = time.Minute

// Verify checks every archive and returns those that are damaged, and how many are
// sound.
func (c *Cache) Verify() (bad []cache.Finding, sound int) {
	return c.checker.VerifyFiles("initramfs", c.dir, suffix)
}

// Prune removes all archives that are not in use, which are made again when they are
// needed, and what dead processes left.
func (c *Cache) Prune(now time.Time) error {
	cache.Sweep(c.dir, now)
	errs := []error{c.sums.memo.Forget()}
	for _, file := range c.archives() {
		if now.Sub(cache.Used(file)) > pruneGrace {
			errs = append(errs, cache.Remove(file))
		}
	}
	return errors.Join(append(errs, cache.RemoveLoneSums(c.dir))...)
}
