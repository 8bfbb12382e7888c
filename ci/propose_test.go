package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// propose runs ci/propose.sh in a clone of a repository with one file, with a stand-in for gh that
// writes down how it was called. open says whether a pull request is open.
func propose(t *testing.T, change string, open bool) (calls, branch string) {
	t.Helper()
	script, err := filepath.Abs("propose.sh")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	number := ""
	if open {
		number = "7"
	}
	gh := "#!/bin/sh\necho \"$1 $2\" >>'" + dir + "/calls'\n[ \"$2\" != list ] || echo " + number + "\n"
	setup := `set -e
mkdir bin
printf '%s' "$GH" >bin/gh
chmod +x bin/gh
git init -q --bare origin
git clone -q origin clone 2>/dev/null
cd clone
echo 6.1 >lock
git add lock
git -c user.name=a -c user.email=a@b commit -qm first
git push -q origin HEAD:main
printf '%s' "$CHANGE" >lock
echo 'a kernel is newer' >../text
PATH=$PWD/../bin:$PATH
bash "$SCRIPT" kernels-lock lock ../text`
	cmd := exec.Command("bash", "-c", setup)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GH="+gh, "SCRIPT="+script, "CHANGE="+change)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	made, _ := os.ReadFile(filepath.Join(dir, "calls")) // none if gh was not called
	show := exec.Command("git", "-C", filepath.Join(dir, "origin"), "log", "-1", "--format=%B", "kernels-lock")
	text, _ := show.Output() // none without the branch
	return strings.Join(strings.Fields(string(made)), " "), string(text)
}

func TestProposeOpensOrRenewsAChange(t *testing.T) {
	for name, tt := range map[string]struct {
		change string
		open   bool
		calls  string
	}{
		"unchanged": {"6.1\n", false, ""},
		"new":       {"6.12\n", false, "pr list pr create"},
		"again":     {"6.12\n", true, "pr list pr edit"},
	} {
		calls, branch := propose(t, tt.change, tt.open)
		if calls != tt.calls {
			t.Errorf("%s: gh was called for %q, want %q", name, calls, tt.calls)
		}
		if pushed := strings.Contains(branch, "a kernel is newer"); pushed != (tt.calls != "") {
			t.Errorf("%s: the branch's message is %q", name, branch)
		}
	}
}
