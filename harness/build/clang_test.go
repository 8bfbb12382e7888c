package build

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/bpflab/bpflab/vms/install"
)

func TestNoClang(t *testing.T) {
	tests := []struct {
		name, variable string
	}{
		{"nothing in PATH", ""},
		{"named, but not there", "/nowhere/clang"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Setenv("PATH", t.TempDir())
			t.Setenv(clangVar, tt.variable)
			_, err := New(Options{}).Object(t.Context(), text("int a;\n"))
			var missing *ToolError
			if !errors.As(err, &missing) || missing.Tool != install.Clang || missing.Hint == "" {
				t.Errorf("error is %#v, want a *ToolError for clang with a hint", err)
			}
		})
	}
}

func TestClangWithoutBPF(t *testing.T) {
	fake := script(t, `echo "error: unknown target triple 'bpf'" >&2; exit 1`)
	_, err := FindClang(t.Context(), fake)
	if missing := (*ToolError)(nil); !errors.As(err, &missing) {
		t.Errorf("error is %v, want a *ToolError", err)
	}
}

func TestNewest(t *testing.T) {
	one, two := t.TempDir(), t.TempDir()
	for _, path := range []string{one + "/clang-9", one + "/clang-14", two + "/clang-18", two + "/clang-format-19", two + "/clang-cpp-20"} {
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if got, want := newest([]string{one, two}), filepath.Join(two, "clang-18"); got != want {
		t.Errorf("newest = %q, want %q", got, want)
	}
	if got := newest([]string{t.TempDir()}); got != "" {
		t.Errorf("newest of an empty directory = %q", got)
	}
}

func TestParseAccount(t *testing.T) {
	account := `Some clang version 18.1.3 (1ubuntu1)
Target: bpf
#include "..." search starts here:
#include <...> search starts here:
 /usr/local/include
 /usr/bin/../lib/clang/18/include
End of search list.
`
	version, headers := parseAccount(account)
	if version != "Some clang version 18.1.3 (1ubuntu1)" {
		t.Errorf("version %q", version)
	}
	if want := []string{"/usr/local/include", "/usr/lib/clang/18/include"}; !slices.Equal(headers, want) {
		t.Errorf("headers %q, want %q", headers, want)
	}
}
