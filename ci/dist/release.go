package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// release is what a run makes.
type release struct {
	repo    string // the checkout
	out     string // directory of the files
	version string // as v0.2.0
	commit  string // full hash
	date    time.Time
	targets []target
}

// number returns the version as packages have it, without the v.
func (r *release) number() string { return strings.TrimPrefix(r.version, "v") }

// work returns the directory of what is not released itself.
func (r *release) work() string { return filepath.Join(r.out, ".work") }

// newRelease checks the version and the checkout. A version that is no SemVer, a tree with
// changes, and a tag of this version at another commit are errors.
func newRelease(ctx context.Context, repo, version string) (*release, error) {
	if err := checkVersion(version); err != nil {
		return nil, err
	}
	repo, err := filepath.Abs(repo)
	if err != nil {
		return nil, err
	}
	r := &release{repo: repo, version: version}
	changes, err := r.git(ctx, "status", "--porcelain")
	if err != nil {
		return nil, err
	}
	if changes != "" {
		return nil, fmt.Errorf("the tree has changes that no commit has, and a release is of a commit:\n%s\ncommit them, or put them away with git stash -u", changes)
	}
	if r.commit, err = r.git(ctx, "rev-parse", "HEAD"); err != nil {
		return nil, err
	}
	if tagged, err := r.git(ctx, "rev-parse", "--verify", "--quiet", "refs/tags/"+version+"^{commit}"); err == nil && tagged != r.commit {
		return nil, fmt.Errorf("%s is tagged at %.12s, and this is %.12s: check that one out, or name another version", version, tagged, r.commit)
	}
	date, err := r.git(ctx, "log", "-1", "--format=%cI")
	if err != nil {
		return nil, err
	}
	if r.date, err = time.Parse(time.RFC3339, date); err != nil {
		return nil, err
	}
	r.date = r.date.UTC()
	return r, nil
}

// checkVersion returns an error unless a version is one of SemVer 2.0.0 with a v before it, and
// without build metadata, which tags of images cannot have.
func checkVersion(version string) error {
	switch {
	case version == "":
		return errors.New("no version: make dist VERSION=v0.2.0")
	case !strings.HasPrefix(version, "v") && semver.IsValid("v"+version):
		return fmt.Errorf("the version %q has no v before it: VERSION=v%s", version, version)
	case !semver.IsValid(version):
		return fmt.Errorf("%q is no version of SemVer (https://semver.org): want for example v0.2.0 or v0.3.0-rc.1", version)
	case semver.Canonical(version) != version:
		return fmt.Errorf("%q is no full version: want three numbers and no +, as %s", version, semver.Canonical(version))
	}
	return nil
}

// git runs git in the checkout, and returns what it prints.
func (r *release) git(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = r.repo
	out, err := cmd.Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimRight(string(out), "\n"), err
}
