package scheduler

import (
	"io/fs"
	"slices"
	"strings"
)

// groupMount is where a hierarchy of control groups is mounted.
type groupMount struct {
	at  string // from the root, without a leading slash
	top string // the group that is seen there; not "/" in some containers
	v1  bool
}

func (m groupMount) files() groupFiles {
	if m.v1 {
		return filesV1
	}
	return filesV2
}

// below returns where a group is under the mount point. For a group outside of the
// mounted part it returns the top of that part, the nearest that can be read.
func (m groupMount) below(group string) string {
	rest, in := strings.CutPrefix(group, strings.TrimSuffix(m.top, "/"))
	if !in || rest != "" && rest[0] != '/' || slices.Contains(strings.Split(rest, "/"), "..") {
		return ""
	}
	return rest
}

// groupMounts returns the first mount of each version that has the memory controller.
func groupMounts(root fs.FS) []groupMount {
	text, _ := fs.ReadFile(root, "proc/self/mountinfo") // without it: no mount
	var out []groupMount
	for line := range strings.Lines(string(text)) {
		m, ok := parseGroupMount(line)
		if ok && !slices.ContainsFunc(out, func(o groupMount) bool { return o.v1 == m.v1 }) {
			out = append(out, m)
		}
	}
	return out
}

// parseGroupMount reads a line of mountinfo, such as
// "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory".
func parseGroupMount(line string) (groupMount, bool) {
	mount, system, _ := strings.Cut(line, " - ")
	m, s := strings.Fields(mount), strings.Fields(system)
	if len(m) < 5 || len(s) < 3 {
		return groupMount{}, false
	}
	v1 := s[0] == "cgroup" && slices.Contains(strings.Split(s[2], ","), "memory")
	at := strings.TrimPrefix(unescape(m[4]), "/")
	return groupMount{at: at, top: unescape(m[3]), v1: v1}, v1 || s[0] == "cgroup2"
}

// unescape undoes what mountinfo does to paths.
func unescape(path string) string {
	return strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(path)
}
