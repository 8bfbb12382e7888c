package ci

// layers says which packages of ours each package may import. It is the table
// of docs/architecture.md: a package imports from layers above its own, never
// a sibling.
var layers = map[string][]string{
	// 0: for all
	"harness/nearest": {},

	// 1: nothing of ours
	"harness/verdict":          {},
	"harness/wire":             {},
	"harness/install":          {},
	"harness/guest/earlymount": {},
	"vms/kernel":               {"harness/nearest"},
	"vms/kernel/bzimage":       {},
	"vms/kernel/deb":           {},
	"vms/kernel/kerneltest":    {},
	"vms/owner":                {},
	"labs":                     {},
	"bpf":                      {},
	"ci":                       {},
	"ci/skips":                 {},

	// 2
	"harness/build":       {"harness/install"},
	"harness/carry":       {},
	"harness/lab":         {"vms/kernel"},
	"harness/probe":       {"harness/verdict"},
	"harness/report":      {"harness/verdict"},
	"harness/upstream":    {"vms/kernel"},
	"vms":                 {"vms/kernel", "vms/owner"},
	"vms/child":           {},
	"vms/console":         {},
	"vms/initramfs":       {"vms/kernel"},
	"vms/template":        {},
	"vms/kernel/debian":   {"vms/kernel", "vms/kernel/deb"},
	"vms/kernel/download": {"vms/kernel"},
	"vms/kernel/local":    {"vms/kernel", "vms/kernel/bzimage", "vms/kernel/deb"},

	"vms/kernel/unpack": {"vms/kernel", "vms/kernel/bzimage", "vms/kernel/deb"},

	"vms/userland": {"vms/kernel/deb"},

	// 3
	"vms/kernel/store": {"vms/kernel", "vms/kernel/download"},
	"vms/kernel/catalogue": {"vms/kernel", "vms/kernel/debian", "vms/kernel/download", "vms/kernel/local", "vms/kernel/store",
		"vms/kernel/unpack"},
	"vms/vmstest":     {"harness/wire", "vms", "vms/kernel", "vms/kernel/catalogue", "vms/initramfs", "vms/owner"},
	"vms/qemu":        {"harness/install", "harness/wire", "vms", "vms/console", "vms/kernel", "vms/initramfs", "vms/template"},
	"vms/lxd":         {"harness/install", "vms", "vms/console", "vms/kernel", "vms/initramfs", "vms/owner"},
	"vms/lxd/lxdtest": {},
	"vms/multipass":   {"harness/install", "harness/wire", "vms", "vms/child", "vms/console", "vms/kernel", "vms/owner"},
	"vms/host":        {"harness/wire", "vms", "vms/child", "vms/console", "vms/kernel", "vms/owner"},
	"harness/guest":   {"harness/guest/earlymount", "harness/nearest", "harness/probe", "harness/verdict", "harness/wire"},
	"harness/plan":    {"harness/lab", "vms", "vms/kernel"},

	// 4 and 5
	"harness/session": {"harness/build", "harness/lab", "harness/probe", "harness/verdict", "harness/wire", "vms", "vms/kernel"},
	"harness/run": {"harness/build", "harness/lab", "harness/plan", "harness/session", "harness/verdict", "harness/wire",
		"vms", "vms/kernel"},
	"harness/command":  {"harness/carry", "harness/session", "harness/verdict", "harness/wire", "vms", "vms/kernel"},
	"harness/features": {"harness/session", "harness/upstream", "harness/wire", "vms", "vms/kernel"},
	"harness/gotest":   {"harness/carry", "harness/command", "harness/session", "harness/verdict"},
	"harness/limits":   {"harness/probe", "harness/session", "harness/verdict", "harness/wire", "vms", "vms/kernel"},
	"harness/verify":   {"harness/nearest", "harness/probe", "harness/session", "harness/upstream", "harness/wire", "vms", "vms/kernel"},
	"harness/workshop": {"harness/build", "harness/carry", "harness/command", "harness/lab", "harness/nearest", "harness/probe", "harness/run",
		"harness/session", "harness/upstream", "harness/verdict", "harness/verify", "harness/wire", "vms", "vms/kernel"},
	"harness/workshop/term": {"harness/lab", "harness/verdict", "harness/wire", "harness/workshop"},
	"harness/workshop/web":  {"harness/build", "harness/lab", "harness/run", "harness/verdict", "harness/wire", "harness/workshop", "vms/kernel"},

	"harness/workshop/web/webtest": {"harness/workshop"},

	// 6: all of it
	"cmd/bpflab":            {"*"},
	"vms/multipass/standin": {"harness/guest", "harness/wire", "vms", "vms/kernel", "vms/kernel/catalogue", "vms/qemu"},
	"ci/bench":              {"*"},
}

// forTests is what test files may import besides: fakes, and what is real input,
// the course and the kernels.
var forTests = []string{"vms/vmstest", "vms/lxd/lxdtest", "bpf", "labs", "vms/kernel/catalogue", "vms/kernel/download", "vms/kernel/kerneltest", "vms/kernel/store"}
