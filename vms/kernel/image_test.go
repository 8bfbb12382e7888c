package kernel

import (
	"os"
	"path/filepath"
	"testing"
)

func TestLSMParameter(t *testing.T) {
	for _, test := range []struct{ name, config, module, want string }{
		{"none asked for", "CONFIG_LSM=\"yama\"\n", "", ""},
		{"added behind the kernel's own", "CONFIG_BPF_LSM=y\nCONFIG_LSM=\"lockdown,yama\"\n", "bpf", "lsm=lockdown,yama,bpf"},
		{"among the kernel's own", "CONFIG_LSM=\"yama,bpf,ipe\"\n", "bpf", ""},
		{"a name that is part of another", "CONFIG_LSM=\"bpfilter\"\n", "bpf", "lsm=bpfilter,bpf"},
		{"a kernel with none", "CONFIG_LSM=\"\"\n", "bpf", "lsm=bpf"},
		{"a kernel older than the list", "CONFIG_SECURITY=y\n", "bpf", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			config := filepath.Join(t.TempDir(), "config")
			if err := os.WriteFile(config, []byte(test.config), 0o644); err != nil {
				t.Fatal(err)
			}
			if got := (Image{Config: config}).LSMParameter(test.module); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
	if got := (Image{}).LSMParameter("bpf"); got != "" {
		t.Errorf("%q for a kernel whose configuration is not known", got)
	}
}
