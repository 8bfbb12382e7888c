package kernel

import (
	"os"
	"path/filepath"
	"testing"
)

// configured returns an image with a configuration.
func configured(t *testing.T, version, config string) Image {
	t.Helper()
	v, err := ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(file, []byte(config), 0o644); err != nil {
		t.Fatal(err)
	}
	return Image{Version: v, Config: file}
}

func TestParametersForALab(t *testing.T) {
	for _, test := range []struct{ name, config, module, want string }{
		{"none asked for", "CONFIG_LSM=\"yama\"\n", "", ""},
		{"added behind the kernel's own", "CONFIG_BPF_LSM=y\nCONFIG_LSM=\"lockdown,yama\"\n", "bpf", "lsm=lockdown,yama,bpf"},
		{"among the kernel's own", "CONFIG_LSM=\"yama,bpf,ipe\"\n", "bpf", ""},
		{"a name that is part of another", "CONFIG_LSM=\"bpfilter\"\n", "bpf", "lsm=bpfilter,bpf"},
		{"a kernel with none", "CONFIG_LSM=\"\"\n", "bpf", "lsm=bpf"},
		{"a kernel older than the list", "CONFIG_SECURITY=y\n", "bpf", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := configured(t, "6.1", test.config).Parameters(test.module); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
	if got := (Image{}).Parameters("bpf"); got != "" {
		t.Errorf("%q for a kernel whose configuration is not known", got)
	}
}

func TestParametersOfVariants(t *testing.T) {
	const debian510 = "CONFIG_LSM=\"lockdown,yama\"\n"
	for _, test := range []struct{ name, config, variant, lab, want string }{
		{"jit", debian510, "jit=off", "", "bpflab.variant=jit=off"},
		{"jit and a lab's module", debian510, "jit=off", "bpf", "lsm=lockdown,yama,bpf bpflab.variant=jit=off"},
		{"one module of both", debian510, "lsm=bpf", "bpf", "lsm=lockdown,yama,bpf bpflab.variant=lsm=bpf"},
		{"two modules", debian510, "lsm=landlock", "bpf", "lsm=lockdown,yama,landlock,bpf bpflab.variant=lsm=landlock"},
		{"a module that it has", debian510, "lsm=yama", "", "bpflab.variant=lsm=yama"},
		{"lockdown", debian510, "lockdown=integrity", "", "lockdown=integrity bpflab.variant=lockdown=integrity"},
		{"lockdown that it does not start", "CONFIG_LSM=\"yama\"\n", "lockdown=integrity", "", "lsm=yama,lockdown lockdown=integrity bpflab.variant=lockdown=integrity"},
		{"preempt", debian510, "preempt", "", "preempt=full bpflab.variant=preempt"},
		{"preempt with a model", debian510, "preempt=none", "", "preempt=none bpflab.variant=preempt=none"},
		{"a module of an unknown kernel", "", "lsm=apparmor", "bpf",
			"lsm=landlock,lockdown,yama,loadpin,safesetid,ipe,bpf,apparmor bpflab.variant=lsm=apparmor"},
	} {
		t.Run(test.name, func(t *testing.T) {
			image := configured(t, "5.10", test.config)
			image.Variant = Variant(test.variant)
			if got := image.Parameters(test.lab); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestLacks(t *testing.T) {
	for _, test := range []struct{ version, config, setting, want string }{
		{"6.1", "CONFIG_BPF_JIT_ALWAYS_ON=y\n", "jit=off", "this kernel cannot have +jit=off: it was built with CONFIG_BPF_JIT_ALWAYS_ON: SEEN"},
		{"6.1", "# CONFIG_BPF_JIT_ALWAYS_ON is not set\n", "jit=off", "this kernel cannot have +jit=off: it has no CONFIG_BPF_JIT_ALWAYS_ON, but SEEN"},
		{"6.1", "CONFIG_BPF=y\n", "preempt", "this kernel cannot have +preempt: it was built without CONFIG_PREEMPT_DYNAMIC: SEEN"},
		{"6.1", "CONFIG_PREEMPT_DYNAMIC=y\n", "preempt=lazy", "this kernel cannot have +preempt=lazy: it has CONFIG_PREEMPT_DYNAMIC, but SEEN"},
		{"5.10", "CONFIG_BPF=y\n", "preempt", "this kernel cannot have +preempt: Linux has CONFIG_PREEMPT_DYNAMIC from 5.12 on: SEEN"},
		{"4.19", "CONFIG_BPF=y\n", "lsm=bpf", "this kernel cannot have +lsm=bpf: Linux has CONFIG_BPF_LSM from 5.7 on: SEEN"},
		{"6.1", "CONFIG_BPF=y\n", "lsm=smack", "this kernel cannot have +lsm=smack: SEEN"},
	} {
		image := configured(t, test.version, test.config)
		if got := image.Lacks(Variant(test.setting).Settings()[0], "SEEN"); got != test.want {
			t.Errorf("%s: %q, want %q", test.setting, got, test.want)
		}
	}
	unknown := "this kernel cannot have +cgroup1: it was built without CONFIG_CGROUPS, or something else keeps it from that: SEEN"
	if got := (Image{}).Lacks(Setting{Name: "cgroup1"}, "SEEN"); got != unknown {
		t.Errorf("%q, want %q", got, unknown)
	}
}
