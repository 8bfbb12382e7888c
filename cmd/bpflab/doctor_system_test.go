package main

import (
	"strings"
	"testing"
)

func TestSystemFinding(t *testing.T) {
	const debian = "Debian GNU/Linux 12 (bookworm)"
	for _, test := range []struct {
		name, version string
		state         state
		want          string
	}{
		{"debian", "Linux version 6.1.0-28-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14)) #1 SMP", stateOK, debian + ", kernel 6.1.0-28-amd64"},
		{"wsl2", "Linux version 6.6.87.2-microsoft-standard-WSL2 (root@439a258ad544) (gcc (GCC) 11.2.0, GNU ld (GNU Binutils) 2.37) #1 SMP PREEMPT_DYNAMIC Thu Jun  5 18:30:46 UTC 2025", stateOK, "which is WSL2"},
		{"wsl2 with a kernel of one's own", "Linux version 6.9.1-custom-WSL2 (me@host) (gcc 13) #1", stateOK, "which is WSL2"},
		{"wsl1", "Linux version 4.4.0-19041-Microsoft (Microsoft@Microsoft.com) (gcc version 5.4.0 (GCC) ) #1237-Microsoft Sat Sep 11 14:32:00 PST 2021", stateMissing, "WSL 1"},
		{"no Linux", "", stateOK, debian},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := systemFinding(debian, test.version)
			if got.State != test.state || !strings.Contains(got.Detail, test.want) || got.Required || (got.State == stateMissing) != (got.Fix != "") {
				t.Errorf("got %+v, want %s with %q", got, test.state, test.want)
			}
			if strings.Contains(got.Detail, "WSL") != strings.Contains(test.name, "wsl") {
				t.Errorf("got %+v", got)
			}
		})
	}
}
