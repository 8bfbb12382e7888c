package ci

import (
	"encoding/json"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// oldestNode is the Node of Debian 12, the oldest system on which `make test` has to pass.
const oldestNode = 18

var lowerBound = regexp.MustCompile(`^>= ?(\d+)`)

// TestPageToolsRunOnOldestNode reads what the page's locked packages demand of Node:
// npm only warns of a Node that is too old, and the package fails when it is used.
func TestPageToolsRunOnOldestNode(t *testing.T) {
	data, err := os.ReadFile("../harness/workshop/web/ui/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct {
			Engines map[string]string `json:"engines"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(data, &lock); err != nil {
		t.Fatal(err)
	}
	bounds := 0
	for name, pkg := range lock.Packages {
		bound := lowerBound.FindStringSubmatch(pkg.Engines["node"])
		if bound == nil {
			continue
		}
		bounds++
		if least, err := strconv.Atoi(bound[1]); err != nil || least > oldestNode {
			t.Errorf("%s wants Node %s; Debian 12 brings Node %d", name, pkg.Engines["node"], oldestNode)
		}
	}
	if bounds == 0 {
		t.Fatal("no package in the lock file states the Node that it wants")
	}
}
