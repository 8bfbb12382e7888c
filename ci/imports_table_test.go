package ci

// layers says which packages of this module each package may import. It is the table
// of docs/architecture.md: a package imports from layers above its own, never
// a sibling.
var layers = map[string][]string{
	// 0: for all
	"vms/suggest": {},
	"vms/variant": {},
	"vms/cache":   {"vms/lease"},
	"vms/cpio":    {},

	// 1: nothing of this module
	"harness/verdict":          {},
	"vms/wire":                 {},
	"vms/install":              {},
	"harness/guest/earlymount": {},
	"harness/guest/logstream":  {},
	"harness/verifierlog":      {},
	"vms/kernel":               {"vms/suggest", "vms/variant"},
	"vms/kernel/bootimage":     {},
	"vms/kernel/extract":       {},
	"vms/kernel/deb":           {"vms/kernel/extract"},
	"vms/kernel/rpm":           {"vms/kernel/extract"},
	"vms/kernel/repomd":        {"vms/kernel/extract"},
	"vms/kernel/kerneltest":    {},
	"harness/bisect":           {},
	"vms/kernel/toolstest":     {},
	"vms/cache/cachetest":      {},
	"vms/denytest":             {},
	"vms/lease":                {},
	"labs":                     {},
	"bpf":                      {},
	"ci":                       {"vms/install"},
	"ci/skips":                 {},
	"ci/table":                 {},
	"ci/dist":                  {}, // a module of its own

	// 2
	"harness/agent":       {"vms/cache", "vms/kernel"},
	"harness/build":       {"vms/cache", "vms/child", "vms/install", "vms/kernel", "vms/lease"},
	"harness/annotation":  {"vms/kernel", "vms/suggest"},
	"harness/bundle":      {"vms/kernel", "vms/lease"},
	"harness/document":    {"vms/suggest"},
	"harness/packet":      {},
	"harness/lab":         {"harness/document", "harness/packet", "vms/kernel", "vms/suggest"},
	"harness/object":      {},
	"harness/probe":       {"harness/verdict"},
	"harness/report":      {"harness/verdict", "vms/lease"},
	"harness/upstream":    {"vms/kernel"},
	"ci/steps":            {"harness/verdict"},
	"vms":                 {"vms/kernel", "vms/lease"},
	"vms/child":           {},
	"vms/forkserver":      {},
	"vms/console":         {},
	"vms/initramfs":       {"vms/cache", "vms/cpio", "vms/kernel"},
	"vms/template":        {"vms/cache", "vms/lease"},
	"vms/standby":         {},
	"vms/kernel/apt":      {"vms/kernel"},
	"vms/kernel/debian":   {"vms/kernel", "vms/kernel/apt"},
	"vms/kernel/ubuntu":   {"vms/kernel", "vms/kernel/apt"},
	"vms/kernel/mainline": {"vms/kernel", "vms/kernel/apt"},
	"vms/kernel/download": {"vms/kernel"},
	"vms/kernel/local":    {"vms/kernel", "vms/kernel/bootimage", "vms/kernel/deb"},

	"vms/kernel/changelog": {"vms/kernel/deb", "vms/kernel/extract", "vms/kernel/rpm"},

	"vms/kernel/unpack": {"vms/kernel", "vms/kernel/bootimage", "vms/kernel/deb", "vms/kernel/extract", "vms/kernel/rpm"},

	"vms/busybox": {"vms/cache", "vms/kernel/deb"},
	"vms/rootfs":  {"vms/cache", "vms/cpio", "vms/kernel/deb"},

	// 3
	"vms/kernel/oci":       {"vms/kernel", "vms/kernel/unpack", "vms/lease"},
	"vms/kernel/installed": {"vms/cache", "vms/kernel", "vms/kernel/local", "vms/kernel/unpack"},
	"vms/kernel/store":     {"vms/cache", "vms/lease", "vms/kernel", "vms/kernel/download"},
	"vms/kernel/rpmtest":   {"vms/kernel/toolstest"},
	"vms/kernel/apttest":   {"vms/kernel/toolstest"},
	"vms/kernel/rpmrepo":   {"vms/kernel", "vms/kernel/repomd", "vms/kernel/rpm", "vms/kernel/unpack", "vms/suggest"},
	"vms/kernel/catalogue": {"vms/busybox", "vms/cache", "vms/kernel", "vms/kernel/apt", "vms/kernel/changelog", "vms/kernel/rpm", "vms/kernel/debian", "vms/kernel/download", "vms/kernel/installed", "vms/kernel/local", "vms/kernel/oci", "vms/kernel/rpmrepo", "vms/kernel/store",
		"vms/kernel/mainline", "vms/kernel/ubuntu", "vms/kernel/unpack", "vms/suggest"},
	"vms/kernel/sourcetest": {"vms/kernel", "vms/kernel/catalogue", "vms/kernel/download", "vms/kernel/kerneltest", "vms/kernel/store", "vms/lease"},
	"vms/vmstest":           {"vms/wire", "vms", "vms/kernel", "vms/kernel/catalogue", "vms/initramfs", "vms/lease"},
	"vms/qemu":              {"vms/cache", "vms/child", "vms/forkserver", "vms/install", "vms/lease", "vms/wire", "vms", "vms/console", "vms/kernel", "vms/initramfs", "vms/standby", "vms/template"},
	"vms/lxd":               {"vms/install", "vms", "vms/console", "vms/kernel", "vms/initramfs", "vms/lease"},
	"vms/lxd/lxdtest":       {},
	"vms/multipass":         {"vms/install", "vms/wire", "vms", "vms/child", "vms/console", "vms/kernel", "vms/lease"},
	"vms/host":              {"vms/wire", "vms", "vms/child", "vms/console", "vms/kernel", "vms/lease"},
	"harness/guest":         {"harness/guest/earlymount", "harness/guest/logstream", "harness/verifierlog", "vms/suggest", "harness/object", "harness/probe", "harness/verdict", "vms/wire", "vms/variant", "vms/kernel"}, // vms/kernel for its tests
	"harness/globals":       {"vms/suggest", "harness/object"},
	"harness/libbpf":        {"harness/object"},
	"harness/plan":          {"harness/lab", "vms", "vms/kernel"},

	// 4 and 5
	"harness/session":   {"vms/suggest", "harness/build", "harness/lab", "harness/object", "harness/probe", "harness/verdict", "vms/wire", "vms", "vms/console", "vms/kernel"},
	"harness/scheduler": {"harness/session", "vms", "vms/kernel"},
	"harness/project":   {"harness/document", "harness/lab", "harness/object", "harness/session", "harness/verdict", "harness/verify", "vms/kernel"},
	"harness/run": {"harness/build", "harness/lab", "harness/plan", "harness/scheduler", "harness/session", "harness/verdict", "vms/wire",
		"vms", "vms/kernel"},
	"harness/command":  {"harness/bundle", "harness/scheduler", "harness/session", "harness/verdict", "vms/wire", "vms", "vms/kernel"},
	"harness/features": {"harness/report", "harness/scheduler", "harness/session", "harness/upstream", "vms/wire", "vms", "vms/kernel"},
	"harness/gotest":   {"harness/bundle", "harness/command", "harness/scheduler", "harness/session", "harness/verdict", "vms/wire", "vms", "vms/child", "vms/kernel", "vms/lease"},
	"harness/limits":   {"harness/probe", "harness/scheduler", "harness/session", "harness/verdict", "vms/wire", "vms", "vms/kernel"},
	"harness/verify":   {"vms/suggest", "harness/annotation", "harness/document", "harness/globals", "harness/libbpf", "harness/object", "harness/probe", "harness/report", "harness/scheduler", "harness/session", "harness/upstream", "harness/verifierlog", "vms/wire", "vms", "vms/install", "vms/kernel", "vms/lease"},
	"harness/workshop": {"harness/build", "harness/bundle", "harness/command", "harness/lab", "vms/suggest", "harness/probe", "harness/run",
		"harness/session", "harness/upstream", "harness/verdict", "harness/verify", "vms/wire", "vms", "vms/kernel", "vms/lease"},
	"harness/workshop/term": {"harness/lab", "harness/verdict", "vms/wire", "harness/workshop"},
	"harness/workshop/web":  {"harness/build", "harness/lab", "harness/run", "harness/verdict", "vms/wire", "harness/workshop", "vms/kernel"},

	"harness/workshop/web/webtest": {"harness/workshop"},

	// 6: all of it
	"cmd/bpflab":         {"*"},
	"cmd/bpflab-agent":   {"harness/guest"},
	"harness/agent/pack": {"harness/agent"},
	"ci/multipass":       {"harness/guest", "vms/wire", "vms", "vms/kernel", "vms/kernel/catalogue", "vms/qemu"},
	"ci/bench":           {"*"},
	"ci/hosts":           {"ci/steps", "ci/table", "harness/verdict", "vms", "vms/lease", "vms/kernel/catalogue"},
	"ci/kvm":             {"ci/steps", "ci/table", "harness/verdict", "vms", "vms/lease", "vms/kernel/catalogue"},
}

// forTests is what test files may import besides: fakes, and what is real input,
// the course and the kernels.
var forTests = []string{"vms/cache", "vms/cache/cachetest", "vms/denytest", "vms/vmstest", "vms/lxd/lxdtest", "bpf", "labs", "vms/kernel/catalogue", "vms/kernel/download", "vms/kernel/apttest", "vms/kernel/kerneltest", "vms/kernel/rpmtest", "vms/kernel/rpmrepo", "vms/kernel/sourcetest", "vms/kernel/store"}
