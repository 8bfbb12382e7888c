package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/lease"
)

// Names of the files in a result directory. The console logs beside them are
// written by the machines, under the names that the cells give.
const (
	ResultFile  = "result.json"
	JUnitFile   = "junit.xml"
	SummaryFile = "summary.md"
	PageFile    = "report.html"
)

// WriteDir writes the reports of a run into dir, which it makes if need be.
// Each file appears whole or not at all. result.json comes last: where it is,
// the directory is complete.
func WriteDir(dir string, result verdict.Result) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("result directory: %w", err)
	}
	reports := []struct {
		name  string
		write func(io.Writer, verdict.Result) error
	}{
		{JUnitFile, JUnit}, {SummaryFile, Markdown}, {PageFile, pageOf(dir)}, {ResultFile, JSON},
	}
	for _, report := range reports {
		var body bytes.Buffer
		if err := report.write(&body, result); err != nil {
			return fmt.Errorf("%s: %w", report.name, err)
		}
		if err := writeFile(filepath.Join(dir, report.name), body.Bytes()); err != nil {
			return fmt.Errorf("result directory: %w", err)
		}
	}
	return nil
}

// pageOf writes the page of the result directory.
func pageOf(dir string) func(io.Writer, verdict.Result) error {
	return func(w io.Writer, result verdict.Result) error {
		return HTML(w, result, PageOptions{Dir: dir, Href: "./"})
	}
}

// writeFile puts body at path in one step and leaves nothing where it cannot.
func writeFile(path string, body []byte) error {
	file, err := lease.CreateTemp(filepath.Dir(path), ".tmp-")
	if err != nil {
		return err
	}
	_, err = file.Write(body)
	err = errors.Join(err, file.Chmod(0o644), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}
