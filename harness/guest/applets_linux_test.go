package guest

import (
	"strings"
	"testing"
)

func TestAppletPlaces(t *testing.T) {
	got := appletPlaces("bin/sh\nsbin/init\nusr/bin/[\nlinuxrc\nusr/share/x\n../bin/y\n/bin/z\nusr/sbin/chroot\n")
	if want := "/bin/sh /usr/bin/[ /usr/sbin/chroot"; strings.Join(got, " ") != want {
		t.Errorf("%q, want %q", got, want)
	}
}
