package main

// sampleOfSources are features as the uapi headers of Linux 5.10.223 and 6.12.117
// have them (include/uapi/linux/bpf.h and btf.h, as Debian's linux-libc-dev of those
// versions ships them): what is looked for, and whether 5.10 has it. 6.12 has all.
var sampleOfSources = []struct {
	kind, name string
	in510      bool
	source     string // the name in the header
}{
	{"map_type", "RingBuf", true, "BPF_MAP_TYPE_RINGBUF"},
	{"map_type", "SkStorage", true, "BPF_MAP_TYPE_SK_STORAGE"},
	{"map_type", "DevMapHash", true, "BPF_MAP_TYPE_DEVMAP_HASH"},
	{"map_type", "TaskStorage", false, "BPF_MAP_TYPE_TASK_STORAGE"},
	{"map_type", "BloomFilter", false, "BPF_MAP_TYPE_BLOOM_FILTER"},
	{"map_type", "UserRingbuf", false, "BPF_MAP_TYPE_USER_RINGBUF"},
	{"map_type", "CgroupStorage", false, "BPF_MAP_TYPE_CGRP_STORAGE"},
	{"map_type", "Arena", false, "BPF_MAP_TYPE_ARENA"},
	{"program_type", "SkLookup", true, "BPF_PROG_TYPE_SK_LOOKUP"},
	{"program_type", "LSM", true, "BPF_PROG_TYPE_LSM"},
	{"program_type", "Syscall", false, "BPF_PROG_TYPE_SYSCALL"},
	{"program_type", "Netfilter", false, "BPF_PROG_TYPE_NETFILTER"},
	{"attach_type", "CgroupInetSockRelease", true, "BPF_CGROUP_INET_SOCK_RELEASE"},
	{"attach_type", "TraceIter", true, "BPF_TRACE_ITER"},
	{"attach_type", "CgroupUnixConnect", false, "BPF_CGROUP_UNIX_CONNECT"},
	{"attach_type", "LSMCgroup", false, "BPF_LSM_CGROUP"},
	{"link_type", "xdp", true, "BPF_LINK_TYPE_XDP"},
	{"link_type", "perf_event", false, "BPF_LINK_TYPE_PERF_EVENT"},
	{"link_type", "netfilter", false, "BPF_LINK_TYPE_NETFILTER"},
	{"link_type", "kprobe_multi", false, "BPF_LINK_TYPE_KPROBE_MULTI"},
	{"link_type", "uprobe_multi", false, "BPF_LINK_TYPE_UPROBE_MULTI"},
	{"link_type", "tcx", false, "BPF_TCX_INGRESS"},
	{"btf_kind", "DataSec", true, "BTF_KIND_DATASEC"},
	{"btf_kind", "Float", false, "BTF_KIND_FLOAT"},
	{"btf_kind", "DeclTag", false, "BTF_KIND_DECL_TAG"},
	{"btf_kind", "TypeTag", false, "BTF_KIND_TYPE_TAG"},
	{"btf_kind", "Enum64", false, "BTF_KIND_ENUM64"},
	{"helper", "RingbufOutput", true, "FN(ringbuf_output)"},
	{"helper", "ProbeReadKernel", true, "FN(probe_read_kernel)"},
	{"helper", "ForEachMapElem", false, "FN(for_each_map_elem)"},
	{"helper", "TimerInit", false, "FN(timer_init)"},
	{"helper", "Strncmp", false, "FN(strncmp)"},
	{"helper", "Loop", false, "FN(loop)"},
	{"helper", "KptrXchg", false, "FN(kptr_xchg)"},
	{"helper", "DynptrFromMem", false, "FN(dynptr_from_mem)"},
	{"helper", "CgrpStorageGet", false, "FN(cgrp_storage_get)"},
	{"helper", "UserRingbufDrain", false, "FN(user_ringbuf_drain)"},
	{"command", "PROG_BIND_MAP", true, "BPF_PROG_BIND_MAP"},
	{"command", "TOKEN_CREATE", false, "BPF_TOKEN_CREATE"},
	{"attach_type", "SkReuseportSelectOrMigrate", false, "BPF_SK_REUSEPORT_SELECT_OR_MIGRATE"},
	{"attach_type", "TraceKprobeSession", false, "BPF_TRACE_KPROBE_SESSION"},
	{"instructions", "bswap", false, "BPF_END of BPF_ALU64"},
	{"instructions", "sign-extending load", false, "BPF_MEMSX"},
	{"instructions", "may_goto", false, "BPF_JCOND"},
}
