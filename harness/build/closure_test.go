package build

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"testing/fstest"
)

// An include that climbs out of the directories for headers is not followed.
func TestClosureStaysBelowHeaders(t *testing.T) {
	dir := t.TempDir()
	headers := filepath.Join(dir, "include")
	for name, text := range map[string]string{"include/a.h": `#include "sub/b.h"`, "include/sub/b.h": `#include "../a.h"`, "secret": "", "include2/c.h": ""} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	code := "#include <a.h>\n#include <../secret>\n#include \"../include2/c.h\"\n#include \"sub/../../secret\"\n"
	c, err := collect(Source{Name: "x", FS: fstest.MapFS{"x.c": {Data: []byte(code)}}, Main: "x.c"}, []string{headers})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{filepath.Join(headers, "a.h"), filepath.Join(headers, "sub/b.h")}
	if got := slices.Sorted(maps.Keys(c.system)); !slices.Equal(got, want) {
		t.Errorf("the closure has %q, want %q", got, want)
	}
}
