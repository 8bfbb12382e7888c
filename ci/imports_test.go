// Package ci holds what continuous integration checks and no package can say
// of itself.
package ci

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestImportsKeepTheLayers(t *testing.T) {
	all, err := imports(os.DirFS(".."))
	if err != nil {
		t.Fatal(err)
	}
	if len(all) < len(layers) {
		t.Fatalf("only %d files and imports found: is this the repository?", len(all))
	}
	for _, v := range violations(layers, forTests, all) {
		t.Error(v)
	}
}

// The table itself must have layers: an import in it may not lead back.
func TestLayersHaveNoCycle(t *testing.T) {
	done := map[string]bool{}
	var visit func(pkg string, above []string)
	visit = func(pkg string, above []string) {
		if slices.Contains(above, pkg) {
			t.Fatalf("%s leads back to itself by %s", pkg, strings.Join(above, " -> "))
		}
		if done[pkg] {
			return
		}
		for _, to := range layers[pkg] {
			if _, known := layers[to]; !known && to != "*" {
				t.Errorf("%s may import %s, which is in no layer", pkg, to)
			}
			visit(to, append(slices.Clone(above), pkg))
		}
		done[pkg] = true
	}
	for pkg := range layers {
		visit(pkg, nil)
	}
}
