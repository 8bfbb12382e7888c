package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/bpflab/bpflab/ci/table"
)

// start is how long a kernel takes to an agent's answer, in seconds.
type start struct{ boot, fork float64 }

// starts are those of each kernel.
type starts []start

// boot returns the kernels' mean.
func (s starts) boot() float64 { return s.mean(func(of start) float64 { return of.boot }) }

// fork returns the kernels' mean.
func (s starts) fork() float64 { return s.mean(func(of start) float64 { return of.fork }) }

func (s starts) mean(of func(start) float64) float64 {
	sum := 0.0
	for _, one := range s {
		sum += of(one)
	}
	return sum / float64(len(s))
}

// fast reports whether a fork takes at most 1/20 of a boot.
func (s starts) fast() bool { return s.fork()*20 <= s.boot() }

// readStarts reads what `bench -only starts -json FILE` wrote.
func readStarts(file string) (starts, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var parts []struct {
		Title  string
		Tables []table.Table
	}
	if err := json.Unmarshal(text, &parts); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	for _, p := range parts {
		if p.Title == "Fork" && len(p.Tables) == 1 {
			return startsIn(p.Tables[0])
		}
	}
	return nil, fmt.Errorf("%s: no table of forks", file)
}

// startsIn returns the starts of a table, a kernel in each row.
func startsIn(t table.Table) (starts, error) {
	boot, fork := slices.Index(t.Head, "cold boot"), slices.Index(t.Head, "fork")
	if boot < 0 || fork < 0 || len(t.Rows) == 0 {
		return nil, fmt.Errorf("no boots and forks under %q", t.Head)
	}
	var all starts
	for _, row := range t.Rows {
		if len(row) != len(t.Head) {
			return nil, fmt.Errorf("row %q is not as long as %q", row, t.Head)
		}
		b, err := seconds(row[boot])
		if err != nil {
			return nil, err
		}
		f, err := seconds(row[fork])
		if err != nil {
			return nil, err
		}
		all = append(all, start{b, f})
	}
	return all, nil
}

// seconds reads a table's time, as in "1.54 s".
func seconds(cell string) (float64, error) {
	d, err := time.ParseDuration(strings.ReplaceAll(cell, " ", ""))
	return d.Seconds(), err
}
