package verify

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// The messages and logs are those of real kernels with both loaders.
func TestReasonsOfSectionsAndLoaders(t *testing.T) {
	const silent = "verification time 32 usec\nstack depth 0\n"
	tagged := Program{Name: "p", contexts: []string{"reads_stack"}}
	for name, test := range map[string]struct {
		result               Result
		program              Program
		kernel, log          string
		verdict, code, words string
		fix                  string
	}{
		"lsm_cgroup before 6.0": {Result{Loader: Libbpf, Section: "lsm_cgroup/socket_bind", Stage: "load", Errno: "EINVAL"}, Program{}, "5.10", silent,
			Rejected, "program_type", "LSMCgroup, which Linux has from 6.0 on", "older"},
		"the same with cilium/ebpf": {Result{Loader: Cilium, Section: "lsm_cgroup/socket_bind", Stage: "load", Errno: "EINVAL"}, Program{}, "5.10", "Tracing programs must provide btf_id\n",
			Rejected, "program_type", "LSMCgroup, which Linux has from 6.0 on", "older"},
		"lsm_cgroup with cilium/ebpf": {Result{Loader: Cilium, Section: "lsm_cgroup/socket_bind", Stage: "load", Errno: "EINVAL"}, Program{}, "6.12", "Tracing programs must provide btf_id\n",
			ByLoader, "loader", "socket_bind to attach to", "--loader libbpf"},
		"fsession with cilium/ebpf": {Result{Loader: Cilium, Section: "fsession/vfs_read", Stage: "load", Errno: "EINVAL"}, Program{}, "7.3", "Tracing programs must provide btf_id\n",
			ByLoader, "loader", "vfs_read to attach to", "1.7"},
		"unix sockets before 6.7": {Result{Loader: Cilium, Section: "cgroup/connect_unix", Stage: "load", Errno: "EINVAL", Reason: &Reason{Text: "load program: invalid argument"}}, Program{}, "6.1", "",
			Rejected, "program_type", "CgroupUnixConnect, which Linux has from 6.7 on", "older"},
		"frags before 5.18": {Result{Loader: Libbpf, LoaderVersion: "1.1.2", Section: "xdp.frags", Stage: "load", Errno: "EINVAL"}, Program{}, "5.10", silent,
			Rejected, "program_type", "for Linux 5.18 and newer", "older"},
		"frags, and the kernel says why": {Result{Loader: Libbpf, Section: "xdp.frags", Stage: "load", Errno: "EACCES"}, Program{}, "5.10", "R7 !read_ok\n",
			Rejected, "uninitialised", "R7", ""},
		"context's tag, cilium/ebpf": {Result{Loader: Cilium, Stage: "load", Errno: "EINVAL"}, tagged, "6.1", "arg#0 reference type('UNKNOWN ') size cannot be determined: -22\n",
			ByLoader, "loader", "cilium/ebpf does not", "libbpf 1.4"},
		"context's tag, old libbpf": {Result{Loader: Libbpf, LoaderVersion: "1.1.2", Stage: "load", Errno: "EINVAL"}, tagged, "5.10", "Arg#0 type PTR in reads_stack() is not supported yet.\n",
			ByLoader, "loader", "libbpf 1.1.2 does not", "libbpf 1.4"},
		"context's tag, new libbpf": {Result{Loader: Libbpf, LoaderVersion: "1.5.0", Stage: "load", Errno: "EINVAL"}, tagged, "5.10", "Arg#0 type PTR in reads_stack() is not supported yet.\n",
			Rejected, "global_function", "reads_stack", ""},
		"no tag": {Result{Loader: Libbpf, LoaderVersion: "1.1.2", Stage: "load", Errno: "EINVAL"}, Program{}, "5.10", "Arg#0 type PTR in reads_stack() is not supported yet.\n",
			Rejected, "global_function", "reads_stack", ""},
		"within an instruction": {Result{Loader: Cilium, Section: "kprobe/do_exit+0x3", Stage: "attach", Errno: "EILSEQ", Reason: &Reason{Text: "create perf event: invalid or incomplete multibyte or wide character"}}, Program{}, "6.1", "",
			Rejected, "attach", "do_exit+0x3", "beginning"},
		"within an instruction, cilium/ebpf": {Result{Loader: Cilium, Section: "kprobe/do_exit+0x3", Stage: "attach", Errno: "ENOENT", Reason: &Reason{Text: `creating perf_kprobe PMU (arch-specific fallback for "do_exit"): token __x64_do_exit+0x3: not found: no such file or directory`}}, Program{}, "6.1", "",
			Rejected, "attach", "begins at do_exit+0x3", "beginning"},
		"tcx before 6.6": {Result{Loader: Cilium, Section: "tcx/ingress", Stage: "attach", Errno: "EINVAL", Reason: &Reason{Text: "x"}}, Program{}, "6.1", "",
			Rejected, "attach", "type tcx, which Linux has from 6.6 on", "older"},
		"pattern with old libbpf": {Result{Loader: Libbpf, LoaderVersion: "1.1.2", Section: "kprobe.multi/tcp_v4_*", Stage: "attach", Errno: "EINVAL", Reason: &Reason{Text: "x"}}, Program{}, "6.12", "",
			ByLoader, "loader", "cannot be traced", "1.3"},
		"one function with old libbpf": {Result{Loader: Libbpf, LoaderVersion: "1.1.2", Section: "kprobe.multi/tcp_v4_rcv", Stage: "attach", Errno: "EINVAL", Reason: &Reason{Text: "x"}}, Program{}, "6.12", "",
			Rejected, "attach", "x", ""},
	} {
		version, err := kernel.ParseVersion(test.kernel)
		if err != nil {
			t.Fatal(err)
		}
		r := test.result
		if r.log = test.log; r.Reason == nil {
			r.Reason = &Reason{Text: "load program: invalid argument"}
		}
		(&failure{Result: &r, program: test.program, version: version}).explain()
		r.settle()
		if r.Verdict != test.verdict || r.Reason.Code != test.code || !strings.Contains(r.Reason.Text, test.words) || !strings.Contains(r.Reason.Fix, test.fix) {
			t.Errorf("%s: %s, %+v; want %s %s, %q, %q", name, r.Verdict, r.Reason, test.verdict, test.code, test.words, test.fix)
		}
	}
}

func TestSectionFix(t *testing.T) {
	for _, test := range []struct{ section, version, want string }{
		{"netkit/primary", "1.1.2", "from release 1.3 on"},
		{"fsession/vfs_read", "1.5.0", "from release 1.7 on"},
		{"cgroup/connect_unix", "1.1.2", "from release 1.3 on"},
		{"xdp_prog", "1.1.2", `SEC("xdp")`},
		{"classifier/x", "1.5.0", `SEC("classifier")`},
		{"socket1", "1.5.0", `SEC("socket")`},
		{"tc_ingress", "1.5.0", `SEC("tc/ingress")`},
		{"tc_ingress", "1.1.2", `SEC("tc")`}, // this one has no tc/ingress
		{"wholly_unknown", "1.1.2", "newer libbpf?"},
	} {
		if got := sectionFix(test.section, test.version); !strings.Contains(got, test.want) {
			t.Errorf("%s with %s: %s, want %s", test.section, test.version, got, test.want)
		}
	}
}
