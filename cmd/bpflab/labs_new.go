package main

import (
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
)

// newLab holds the lab that `bpflab labs new` begins with.
//
//go:embed newlab
var newLab embed.FS

// newLabName matches what a lab's folder may be named.
var newLabName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)

func newLabsNewCmd() *cobra.Command {
	var dir string
	cmd := &cobra.Command{
		Use:   "new NAME",
		Short: "Begin a lab of your own",
		Long: `Write a folder with a lab to begin with: its document, a solution that passes, and a
starter that fails. docs/labs.md has all that a document may say.`,
		Example: `  bpflab labs new my-lab
  bpflab labs check my-lab
  bpflab labs preview my-lab
  bpflab workshop --web --labs .`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return writeNewLab(cmd.OutOrStdout(), dir, args[0])
		},
	}
	cmd.Flags().StringVar(&dir, "labs", ".", "`DIRECTORY` of your labs, in which the folder is made")
	return cmd
}

// writeNewLab writes the folder of a new lab, and what to do next.
func writeNewLab(out io.Writer, dir, name string) error {
	if !newLabName.MatchString(name) {
		return usageError{fmt.Errorf("a lab's name consists of a-z, 0-9 and -, and %q does not", name)}
	}
	folder := filepath.Join(dir, name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	switch err := os.Mkdir(folder, 0o755); {
	case errors.Is(err, fs.ErrExist):
		return usageError{fmt.Errorf("%s exists already", folder)}
	case err != nil:
		return err
	}
	if err := copyNewLab(out, folder, name); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nbpflab labs check %[1]s     says what is wrong with it, on every kernel\nbpflab labs preview %[1]s   shows it as students see it, in a browser\nbpflab workshop --labs %[2]s --web\n                            offers it beside the course\n",
		folder, filepath.Clean(dir))
	return nil
}

// copyNewLab copies the files of the new lab into a folder, and prints their paths.
func copyNewLab(out io.Writer, folder, name string) error {
	return fs.WalkDir(newLab, "newlab", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel := strings.TrimPrefix(strings.TrimPrefix(file, "newlab"), "/")
		to := filepath.Join(folder, filepath.FromSlash(strings.Replace(rel, "program.", name+".", 1)))
		if entry.IsDir() {
			return os.MkdirAll(to, 0o755)
		}
		text, err := fs.ReadFile(newLab, file)
		if err != nil {
			return err
		}
		fmt.Fprintln(out, to)
		return os.WriteFile(to, []byte(strings.ReplaceAll(string(text), "NAME", name)), 0o644)
	})
}
