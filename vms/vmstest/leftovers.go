package vmstest

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// leftovers is what a machine may leave behind: in this process children, open
// files and goroutines, and elsewhere what the provider's Orphans lists.
type leftovers struct {
	suite      suite
	elsewhere  []string
	children   map[string]bool
	files      int
	goroutines int
}

func (s suite) survey(t *testing.T) leftovers {
	t.Helper()
	files, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	children := map[string]bool{}
	for _, pid := range childrenOf(os.Getpid()) {
		children[pid] = true
	}
	return leftovers{s, s.elsewhere(t), children, len(files), runtime.NumGoroutine()}
}

func (s suite) elsewhere(t *testing.T) []string {
	t.Helper()
	if s.Left == nil {
		return nil
	}
	left, err := s.Left()
	if err != nil {
		t.Fatal(err)
	}
	return left
}

// nothingElse wants this process as it was. What ends by itself may take its
// time.
func (l leftovers) nothingElse(t *testing.T) {
	t.Helper()
	var excess string
	for range 100 {
		if excess = l.excess(l.suite.survey(t)); excess == "" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	stacks := make([]byte, 64<<10)
	t.Errorf("left behind: %s\n%s", excess, stacks[:runtime.Stack(stacks, true)])
}

func (l leftovers) excess(now leftovers) string {
	for pid := range now.children {
		if !l.children[pid] {
			return "process " + pid
		}
	}
	for _, name := range now.elsewhere {
		if !slices.Contains(l.elsewhere, name) {
			return name
		}
	}
	if n := now.files - l.files; n > 0 {
		return fmt.Sprintf("%d open files", n)
	}
	if n := now.goroutines - l.goroutines; n > 0 {
		return fmt.Sprintf("%d goroutines", n)
	}
	return ""
}

// childrenOf returns the processes that pid's threads have started and that are
// still there.
func childrenOf(pid int) []string {
	lists, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	var all []string
	for _, list := range lists {
		text, _ := os.ReadFile(list) // a thread may have ended
		all = append(all, strings.Fields(string(text))...)
	}
	return all
}
