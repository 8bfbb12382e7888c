package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"
)

// documents are files that are released beside the programs, by their paths below /usr/share.
type documents map[string][]byte

// names returns the paths in their order.
func (d documents) names() []string {
	var names []string
	for name := range d {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// completions are the paths of shells' completions.
var completions = map[string]string{
	"bash": "bash-completion/completions/bpflab",
	"zsh":  "zsh/vendor-completions/_bpflab",
	"fish": "fish/vendor_completions.d/bpflab.fish",
}

// documents makes manual pages and completions by the program itself, and takes the licence
// and the changelog.
func (r *release) documents(ctx context.Context) (documents, error) {
	made := documents{}
	for shell, name := range completions {
		text, err := output(ctx, r.own(), "completion", shell)
		if err != nil {
			return nil, err
		}
		made[name] = text
	}
	described, err := output(ctx, r.own(), "describe")
	if err != nil {
		return nil, err
	}
	if err := manuals(described, r.version, r.date, made); err != nil {
		return nil, err
	}
	for name, file := range map[string]string{"doc/bpflab/LICENSE": "LICENSE", "doc/bpflab/README.md": "README.md", "doc/bpflab/CHANGELOG.md": "CHANGELOG.md"} {
		if made[name], err = os.ReadFile(filepath.Join(r.repo, file)); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// output runs a program with no configuration of its user's, and returns what it prints.
func output(ctx context.Context, name string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), "BPFLAB_CONFIG="+os.DevNull)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", filepath.Base(name), strings.Join(args, " "), err)
	}
	return out, nil
}

// verb is one of `bpflab describe`.
type verb struct {
	Name, Use, Short, Long, Example string
	Flags                           []struct{ Name, Shorthand, Value, Usage string }
}

// manuals adds a manual page for each verb of what `bpflab describe` printed.
func manuals(described []byte, version string, date time.Time, to documents) error {
	var all struct{ Verbs []verb }
	if err := json.Unmarshal(described, &all); err != nil {
		return fmt.Errorf("bpflab describe: %w", err)
	}
	if len(all.Verbs) < 20 {
		return fmt.Errorf("bpflab describe: only %d verbs", len(all.Verbs))
	}
	for _, cmd := range commands(all.Verbs) {
		var page, packed bytes.Buffer
		header := doc.GenManHeader{Section: "1", Date: &date, Source: "bpflab " + version, Manual: "bpflab"}
		cmd.DisableAutoGenTag = true
		if err := doc.GenMan(cmd, &header, &page); err != nil {
			return err
		}
		w, _ := gzip.NewWriterLevel(&packed, gzip.BestCompression)
		w.Write(page.Bytes())
		if err := w.Close(); err != nil {
			return err
		}
		to[path.Join("man/man1", strings.ReplaceAll(cmd.CommandPath(), " ", "-")+".1.gz")] = packed.Bytes()
	}
	return nil
}

// commands returns the verbs as cobra has them, each with its parent, so that cobra's pages of
// them refer to one another.
func commands(verbs []verb) []*cobra.Command {
	byName := map[string]*cobra.Command{}
	var all []*cobra.Command
	for _, v := range verbs {
		cmd := &cobra.Command{Use: useOf(v), Short: v.Short, Long: v.Long, Example: v.Example, Run: func(*cobra.Command, []string) {}}
		for _, f := range v.Flags {
			usage := f.Usage
			if f.Value != "" {
				cmd.Flags().StringP(f.Name, f.Shorthand, "", usage)
				cmd.Flags().Lookup(f.Name).NoOptDefVal = ""
			} else {
				cmd.Flags().BoolP(f.Name, f.Shorthand, false, usage)
			}
		}
		parent, _ := cutLast(v.Name)
		if up := byName[parent]; up != nil && v.Name != "" {
			up.AddCommand(cmd)
		}
		byName[v.Name] = cmd
		all = append(all, cmd)
	}
	return all
}

// useOf returns the last word of a verb's name, and what follows it.
func useOf(v verb) string {
	_, last := cutLast("bpflab " + v.Name)
	if v.Name == "" {
		last = "bpflab"
	}
	rest := strings.TrimPrefix(v.Use, strings.TrimSpace("bpflab "+v.Name))
	return last + strings.TrimSuffix(rest, " [flags]")
}

func cutLast(name string) (before, last string) {
	if i := strings.LastIndexByte(name, ' '); i >= 0 {
		return name[:i], name[i+1:]
	}
	return "", name
}
