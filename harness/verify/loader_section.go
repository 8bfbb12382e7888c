package verify

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/harness/upstream"
	"github.com/bpflab/bpflab/vms/kernel"
)

// sectionNeed is what programs of a section need beyond the kernel's having their type.
type sectionNeed struct {
	section string // a slash at its end is that of a target
	libbpf  string // the first release that knows it (src/libbpf.c, section_defs), "" for all of 1.x
	attach  string // the attach type that the kernel needs to load it, as upstream.yaml has it
	since   string // the kernel's first release, where it is not an attach type's
}

var sectionNeeds = []sectionNeed{
	{section: "lsm_cgroup/", attach: "LSMCgroup"},
	{section: "fsession/", libbpf: "1.7"}, {section: "fsession.s/", libbpf: "1.7"},
	{section: "kprobe.session/", libbpf: "1.5"},
	{section: "uprobe.session/", libbpf: "1.6"}, {section: "uprobe.session.s/", libbpf: "1.6"},
	{section: "uprobe.multi/", libbpf: "1.3"}, {section: "uprobe.multi.s/", libbpf: "1.3"},
	{section: "uretprobe.multi/", libbpf: "1.3"}, {section: "uretprobe.multi.s/", libbpf: "1.3"},
	{section: "usdt.s/", libbpf: "1.3"},
	{section: "tc/ingress", libbpf: "1.3"}, {section: "tc/egress", libbpf: "1.3"},
	{section: "tcx/ingress", libbpf: "1.3"}, {section: "tcx/egress", libbpf: "1.3"},
	{section: "netkit/primary", libbpf: "1.3"}, {section: "netkit/peer", libbpf: "1.3"},
	{section: "netfilter", libbpf: "1.3"},
	{section: "sk_skb/verdict", libbpf: "1.4"},
	{section: "struct_ops.s", libbpf: "1.2"}, {section: "struct_ops.s/", libbpf: "1.2"},
	{section: "xdp.frags", since: "5.18"}, {section: "xdp.frags/devmap", since: "5.18"}, {section: "xdp.frags/cpumap", since: "5.18"},
	{section: "cgroup/connect_unix", libbpf: "1.3", attach: "CgroupUnixConnect"},
	{section: "cgroup/sendmsg_unix", libbpf: "1.3", attach: "CgroupUnixSendmsg"},
	{section: "cgroup/recvmsg_unix", libbpf: "1.3", attach: "CgroupUnixRecvmsg"},
	{section: "cgroup/getpeername_unix", libbpf: "1.3", attach: "CgroupUnixGetpeername"},
	{section: "cgroup/getsockname_unix", libbpf: "1.3", attach: "CgroupUnixGetsockname"},
	{section: "cgroup/getpeername4", attach: "CgroupInet4GetPeername"},
	{section: "cgroup/getpeername6", attach: "CgroupInet6GetPeername"},
	{section: "cgroup/getsockname4", attach: "CgroupInet4GetSockname"},
	{section: "cgroup/getsockname6", attach: "CgroupInet6GetSockname"},
	{section: "cgroup/sock_release", attach: "CgroupInetSockRelease"},
	{section: "cgroup/recvmsg4", attach: "CGroupUDP4Recvmsg"},
	{section: "cgroup/recvmsg6", attach: "CGroupUDP6Recvmsg"},
	{section: "cgroup/sendmsg4", attach: "CGroupUDP4Sendmsg"},
	{section: "cgroup/sendmsg6", attach: "CGroupUDP6Sendmsg"},
}

// needOfSection returns what a section's programs need; the zero value is nothing.
func needOfSection(section string) sectionNeed {
	section = strings.TrimPrefix(section, "?")
	for _, n := range sectionNeeds {
		if section == n.section || strings.HasSuffix(n.section, "/") && strings.HasPrefix(section, n.section) {
			return n
		}
	}
	return sectionNeed{}
}

// release returns the first release of Linux that loads programs of the section, "" if it
// is that of their type.
func (n sectionNeed) release() string {
	since, _ := upstream.Since(upstream.AttachType, n.attach)
	return cmp.Or(since, n.since)
}

// isNewer reports whether a release is newer than a version; "" and what is no release are not.
func isNewer(release string, than kernel.Version) bool {
	v, err := kernel.ParseVersion(release)
	return err == nil && than.Compare(v) < 0
}

func newerSection(f *failure) bool {
	return isNewer(needOfSection(f.Section).release(), f.version)
}

// silentOfNewerSection reports whether the kernel said nothing but EINVAL to a program of a
// section that it is too old for.
func silentOfNewerSection(f *failure) bool {
	return newerSection(f) && strings.TrimSpace(probe.Complaint(f.log)) == ""
}

func sectionTooNew(f *failure) string {
	need := needOfSection(f.Section)
	if need.attach == "" {
		return fmt.Sprintf("section %q is for Linux %s and newer", f.Section, need.release())
	}
	return fmt.Sprintf("section %q needs the attach type %s, which Linux has from %s on", f.Section, need.attach, need.release())
}

// withoutTarget reports whether a section names what its program attaches to, and the loader
// gave the kernel nothing: cilium/ebpf does not know of some sections that they name a
// function.
func withoutTarget(f *failure) bool {
	kind, _, hasTarget := strings.Cut(f.Section, "/")
	return hasTarget && (kind == "lsm_cgroup" || kind == "fsession" || kind == "fsession.s")
}

func targetNotSet(f *failure) string {
	_, target, _ := strings.Cut(f.Section, "/")
	return fmt.Sprintf("cilium/ebpf does not give the kernel %s to attach to, as section %q asks", target, f.Section)
}

func targetNotSetFix(f *failure) string {
	return "--loader libbpf: it does from release " + cmp.Or(needOfSection(f.Section).libbpf, "1.0") + " on"
}

// sectionFix returns what to do about a section that a libbpf does not know.
func sectionFix(section, version string) string {
	if since := needOfSection(section).libbpf; since != "" && olderThan(version, since) {
		return "libbpf knows it from release " + since + " on: build bpflab with that one, or try --loader cilium"
	}
	if like := known(section, version); like != "" {
		return fmt.Sprintf("write SEC(%q): libbpf takes whole names only, where cilium/ebpf looks at how they begin", like)
	}
	return "name the section as libbpf does, or is it for a newer libbpf?"
}

// known returns the section that a libbpf knows and that was meant: one that is spelled
// nearly so, or that the name begins with.
func known(section, version string) string {
	if like := nearSection(section); like != "" && !olderThan(version, needOfSection(like).libbpf) {
		return like
	}
	longest := ""
	for _, one := range sections {
		if strings.HasPrefix(section, one) && len(one) > len(longest) && !strings.HasSuffix(one, "/") && !olderThan(version, needOfSection(one).libbpf) {
			longest = one
		}
	}
	return longest
}

// olderThan reports whether a release of libbpf is older than another one; one that cannot
// be read is not.
func olderThan(version, release string) bool {
	v, err := kernel.ParseVersion(version)
	return err == nil && isNewer(release, v)
}
