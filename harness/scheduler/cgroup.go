package scheduler

import (
	"io/fs"
	"math"
	"path"
	"slices"
	"strconv"
	"strings"
)

// group is a control group that may bound this process's memory.
type group struct {
	dir   string
	files groupFiles
}

// groupFiles are the file names of one version of control groups.
type groupFiles struct {
	limits   []string // the least one counts
	usage    string
	inactive string // key in memory.stat of the file pages that cost nothing to drop
}

var (
	filesV1 = groupFiles{[]string{"memory.limit_in_bytes"}, "memory.usage_in_bytes", "total_inactive_file"}
	filesV2 = groupFiles{[]string{"memory.max", "memory.high"}, "memory.current", "inactive_file"}
)

// memoryGroups returns this process's own groups and their parents, as far as they are
// visible, of both versions of control groups.
func memoryGroups(root fs.FS) []group {
	var out []group
	for _, m := range groupMounts(root) {
		own, member := ownGroup(root, m.v1)
		if !member {
			continue
		}
		for _, dir := range upward(m.below(own)) {
			out = append(out, group{path.Join(m.at, dir), m.files()})
		}
	}
	return out
}

// upward returns the directory and its parents.
func upward(dir string) []string {
	dir = path.Clean("/" + dir)
	if dir == "/" {
		return []string{dir}
	}
	return append([]string{dir}, upward(path.Dir(dir))...)
}

// ownGroup returns the path of this process's group that has the memory controller,
// from /proc/self/cgroup's lines such as "4:memory:/a/b" or "0::/a/b".
func ownGroup(root fs.FS, v1 bool) (string, bool) {
	text, _ := fs.ReadFile(root, "proc/self/cgroup") // without it: no group
	for line := range strings.Lines(string(text)) {
		f := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(f) < 3 {
			continue
		}
		if v1 && slices.Contains(strings.Split(f[1], ","), "memory") || !v1 && f[0] == "0" && f[1] == "" {
			return f[2], true
		}
	}
	return "", false
}

// memory returns what the group's limit leaves free; nothing where it sets no limit.
func (g group) memory(root fs.FS) Memory {
	limit := int64(math.MaxInt64)
	for _, name := range g.files.limits {
		if n, known := g.number(root, name); known {
			limit = min(limit, n)
		}
	}
	usage, known := g.number(root, g.files.usage)
	if limit >= unlimited || !known {
		return Memory{}
	}
	return Memory{max(0, limit-usage+g.inactive(root)), limit}
}

// unlimited is the smallest number that means "none" in version 1: the largest that is
// whole pages.
const unlimited = math.MaxInt64 - 1<<20

func (g group) number(root fs.FS, name string) (int64, bool) {
	text, err := fs.ReadFile(root, path.Join(g.dir, name))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil // "max" is no number
}

func (g group) inactive(root fs.FS) int64 {
	text, _ := fs.ReadFile(root, path.Join(g.dir, "memory.stat")) // without it: none
	for line := range strings.Lines(string(text)) {
		if name, value, _ := strings.Cut(strings.TrimSpace(line), " "); name == g.files.inactive {
			n, _ := strconv.ParseInt(value, 10, 64)
			return n
		}
	}
	return 0
}
