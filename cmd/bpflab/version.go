package main

import (
	"cmp"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/bpflab/bpflab/harness/agent"
	"github.com/bpflab/bpflab/harness/libbpf"
	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/workshop/web"
)

// The linker sets these (-X main.version=v0.2.0). What it leaves alone, the go command may
// have recorded.
var (
	version = unreleased
	commit  string // full hash
	date    string // of the commit, as RFC 3339
)

// unreleased is the version of a bpflab that nobody has given one.
const unreleased = "dev"

func init() {
	if info, ok := debug.ReadBuildInfo(); ok {
		version, commit, date = recorded(info, version, commit, date)
	}
}

// recorded returns version, commit and date, each as the go command recorded it where the
// linker did not set it. `go install …@v0.2.0` records the module's version.
func recorded(info *debug.BuildInfo, version, commit, date string) (string, string, string) {
	if made := info.Main.Version; version == unreleased && made != "" && made != "(devel)" {
		version = made
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			commit = cmp.Or(commit, s.Value)
		case "vcs.time":
			date = cmp.Or(date, s.Value)
		}
	}
	return version, commit, date
}

// versionLine is `bpflab version --json`.
type versionLine struct {
	Schema  int      `json:"schema"`
	Tool    string   `json:"tool"` // the version, as all documents have it
	Version string   `json:"version"`
	Commit  string   `json:"commit,omitempty"`
	Date    string   `json:"date,omitempty"` // of the commit
	Go      string   `json:"go"`
	OS      string   `json:"os"`
	Arch    string   `json:"arch"`   // by Go's name
	Agents  []string `json:"agents"` // guest agents inside, by Go's names
	Libbpf  bool     `json:"libbpf"` // the loader of `verify --loader libbpf` is inside
	Page    bool     `json:"page"`   // the workshop's page is inside
}

func ownVersion() versionLine {
	v := versionLine{Schema: 1, Tool: version, Version: version, Commit: commit, Date: date,
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, Agents: []string{}, Libbpf: libbpf.Built(), Page: web.HasPage() == nil}
	v.Agents = append(v.Agents, agent.Packed()...)
	return v
}

func newVersionCmd() *cobra.Command {
	var asJSON string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Show the version of bpflab, and what is inside",
		Example: `  bpflab version
  bpflab version --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			return printOrJSON(asJSON, out, ownVersion(), func() error { return printVersion(out, ownVersion()) })
		},
	}
	defineListJSON(cmd.Flags(), &asJSON)
	return cmd
}

func printVersion(out io.Writer, v versionLine) error {
	fmt.Fprintln(out, "bpflab", v.Version)
	for _, line := range [][2]string{
		{"commit", v.Commit}, {"date", v.Date}, {"built with", v.Go + " for " + v.OS + "/" + v.Arch},
		{"guest agents", joined(v.Agents)}, {"libbpf loader", yes(v.Libbpf)}, {"workshop page", yes(v.Page)},
	} {
		if line[1] != "" {
			fmt.Fprintf(out, "  %-14s %s\n", line[0], line[1])
		}
	}
	return nil
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func joined(words []string) string {
	if len(words) == 0 {
		return "no"
	}
	text := words[0]
	for _, w := range words[1:] {
		text += " " + w
	}
	return text
}

// printOrJSON prints a list for people, or writes a document for --json: without a FILE the
// document stands alone on standard output.
func printOrJSON(name string, out io.Writer, document any, print func() error) error {
	if name == "-" {
		return report.WriteJSON(out, document)
	}
	if err := print(); err != nil {
		return err
	}
	return saveJSON(name, out, document)
}
