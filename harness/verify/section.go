package verify

import (
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/vms/suggest"
)

// sections are the names that give a program its type, as libbpf has them
// (Documentation/bpf/libbpf/program_types.rst). After a name with a slash at its end comes
// the program's target.
var sections = strings.Fields(`
	action classifier tc tc/ingress tc/egress tcx/ingress tcx/egress netkit/primary netkit/peer
	xdp xdp.frags xdp/devmap xdp/cpumap socket sockops flow_dissector
	sk_msg sk_lookup sk_reuseport sk_reuseport/migrate sk_skb sk_skb/stream_parser sk_skb/stream_verdict
	cgroup/skb cgroup_skb/ingress cgroup_skb/egress cgroup/sock cgroup/sock_create cgroup/sock_release cgroup/dev
	cgroup/bind4 cgroup/bind6 cgroup/connect4 cgroup/connect6 cgroup/connect_unix
	cgroup/sendmsg4 cgroup/sendmsg6 cgroup/sendmsg_unix cgroup/recvmsg4 cgroup/recvmsg6 cgroup/recvmsg_unix
	cgroup/getpeername4 cgroup/getpeername6 cgroup/getsockname4 cgroup/getsockname6
	cgroup/post_bind4 cgroup/post_bind6 cgroup/getsockopt cgroup/setsockopt cgroup/sysctl
	kprobe/ kretprobe/ ksyscall/ kretsyscall/ kprobe.multi/ kretprobe.multi/ kprobe.session/
	uprobe/ uretprobe/ uprobe.s/ uretprobe.s/ uprobe.multi/ uretprobe.multi/ usdt/
	tracepoint/ tp/ raw_tracepoint/ raw_tp/ raw_tracepoint.w/ raw_tp.w/ tp_btf/
	fentry/ fentry.s/ fexit/ fexit.s/ fmod_ret/ fmod_ret.s/ freplace/
	lsm/ lsm.s/ lsm_cgroup/ iter/ iter.s/ perf_event syscall struct_ops struct_ops/ struct_ops.s/
	lwt_in lwt_out lwt_xmit lwt_seg6local`)

// nearSection returns the section that was probably meant where one gives no program type,
// "" if none is similar.
func nearSection(section string) string {
	whole := suggest.Names(section, sections, suggest.Typo(section), 1)
	if len(whole) > 0 && !strings.HasSuffix(whole[0], "/") {
		return whole[0]
	}
	kind, own, slash := strings.Cut(section, "/")
	if !slash {
		return ""
	}
	near := suggest.Names(kind+"/", sections, suggest.Typo(kind), 1)
	if len(near) == 0 || !strings.HasSuffix(near[0], "/") {
		return ""
	}
	return near[0] + own
}

func likeSection(f *failure) bool { return nearSection(f.Section) != "" }

func sectionMeant(f *failure) string {
	return fmt.Sprintf("section %q names no type of program that is known; there is %q", f.Section, nearSection(f.Section))
}
