package kernel

import (
	"errors"
	"strings"
	"testing"
)

func TestCutVariant(t *testing.T) {
	for _, tt := range []struct{ selector, base, variant string }{
		{"6.12", "6.12", ""},
		{"6.12+jit=off", "6.12", "jit=off"},
		{"6.12+mem=2048M+jit=off+cgroup1+jit=off", "6.12", "cgroup1+jit=off+mem=2G"},
		{"6.1/generic+lockdown=integrity", "6.1/generic", "lockdown=integrity"},
		{">=5.10 <6.2+lsm=bpf+lsm=apparmor", ">=5.10 <6.2", "lsm=apparmor+lsm=bpf"},
		{"6.12.115+deb13-cloud-amd64", "6.12.115+deb13-cloud-amd64", ""},
		{"6.12.115+deb13-cloud-amd64+preempt", "6.12.115+deb13-cloud-amd64", "preempt"},
		{"6.12.9-1~bpo12+1", "6.12.9-1~bpo12+1", ""},
		{"6.1.0-0+deb12", "6.1.0-0+deb12", ""},
		{"local:a+b+hardened", "local:a+b", "hardened"},
		{"22.04+hwe+mem=512M", "22.04+hwe", "mem=512M"},
		{"6.8.0-rc3+", "6.8.0-rc3+", ""},
		{"+jit=off", "+jit=off", ""},
	} {
		base, v, err := CutVariant(tt.selector)
		if err != nil || base != tt.base || string(v) != tt.variant {
			t.Errorf("%s: %q, %q, %v; want %q, %q", tt.selector, base, v, err, tt.base, tt.variant)
		}
	}
}

func TestVariantsThatAreNone(t *testing.T) {
	for selector, want := range map[string]string{
		"6.12+jit":                       "there is +jit=off",
		"6.12+jit=on":                    "there is +jit=off",
		"6.12+lokdown=integrity":         "did you mean +lockdown=integrity|confidentiality?",
		"latest+cgroup2":                 "did you mean +cgroup1?",
		"6.12+jitt":                      "did you mean +jit=off? (there is: +cgroup1, +hardened, +jit=off, +lockdown=integrity|confidentiality, +lsm=NAME, +mem=1G, +preempt[=none|voluntary|full|lazy], +unprivileged)",
		"6.12+unpriviledged":             "did you mean +unprivileged?",
		"default+hardend":                "did you mean +hardened?",
		">=5.10+jit=of+mem=1G":           "there is +jit=off",
		"6.1/generic+fast":               "+fast is no variant (there is: +cgroup1, ",
		"6.12+lockdown":                  "+lockdown=integrity, +lockdown=confidentiality",
		"6.12+hardened=2":                "there is +hardened",
		"6.12+lsm=":                      "+lsm= is no variant",
		"6.12+mem=64M":                   "64M is less than machines have, 160M",
		"6.12+mem=lots":                  "no size of memory",
		"6.12+preempt=lazy+preempt=full": "two values of one setting",
		"local:mine+speed=9":             "+speed=9 is no variant",
		"6.12+lockdown=integrity+lockdown=integrity": "",
	} {
		_, err := ParseSelectors([]string{selector})
		var wrong *SelectorError
		switch {
		case want == "":
			if err != nil {
				t.Errorf("%s: %v", selector, err)
			}
		case !errors.As(err, &wrong) || !strings.Contains(err.Error(), want):
			t.Errorf("%s: %v, want %q", selector, err, want)
		}
	}
}

func TestSelectVariants(t *testing.T) {
	refs := append([]Ref{imported("mine+preempt", "6.1.7"), ref("6.12.115+preempt", "6.12.115-3", Generic)}, known...)
	for _, tt := range []struct{ selectors, want, variants string }{
		{"6.1+jit=off", "6.1.0-56", "jit=off"},
		{"6.1,6.1+jit=off,6.1+jit=off", "6.1.0-56 6.1.0-56", ",jit=off"},
		{"6.1/generic+cgroup1", "6.1.0-56-amd64", "cgroup1"},
		{"local:mine+preempt", "local:mine+preempt", ""}, // its name, as before there were variants
		{"local:mine+cgroup1", "local:mine+cgroup1", "cgroup1"},
		{"6.12.115+preempt", "6.12.115+preempt", ""},
		{"6.12.115+deb13-cloud-amd64+preempt", "6.12.115+deb13", "preempt"},
		{"<6.0+hardened", "4.9.0-19-amd64 5.10.0-46", "hardened,hardened"},
		{"default+unprivileged", "5.10.0-46 6.1.0-56 6.12.115+deb13.1 7.3.4+deb13", "unprivileged,unprivileged,unprivileged,unprivileged"},
	} {
		found, err := Resolve([]string{tt.selectors}, refs)
		if err != nil {
			t.Errorf("%s: %v", tt.selectors, err)
			continue
		}
		var variants []string
		for _, r := range found {
			variants = append(variants, string(r.Variant))
		}
		if got := names(found); got != tt.want || strings.Join(variants, ",") != tt.variants {
			t.Errorf("%s: %q as %q, want %q as %q", tt.selectors, got, variants, tt.want, tt.variants)
		}
	}
}

func TestVariantMemory(t *testing.T) {
	for v, want := range map[Variant]int64{"": 0, "jit=off": 0, "jit=off+mem=512M": 512 << 20, "mem=2G": 2 << 30} {
		if got := v.Memory(); got != want {
			t.Errorf("%q: %d, want %d", v, got, want)
		}
	}
}
