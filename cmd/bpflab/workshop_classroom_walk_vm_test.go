package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestWorkshopClassroomWalk runs a class in real browsers. The teacher's own lab is edited
// meanwhile, and the server killed and started again.
func TestWorkshopClassroomWalk(t *testing.T) {
	needBrowser(t)
	dir := t.TempDir()
	address := freeAddress(t)
	own := t.TempDir()
	writeLab(t, own, "mine", strings.Replace(plainLab, "title: T", "title: Our lab", 1))
	args := []string{"--serve", address, "--class", "walk", "--dir", dir, "--idle", "5s", "--labs", own}
	s := serve(t, args...)
	solution, err := filepath.Abs(filepath.Join("..", "..", "bpf", "hello.bpf.c"))
	if err != nil {
		t.Fatal(err)
	}
	walk := exec.CommandContext(within(t, 8*time.Minute), "node", "test/classroom.mjs", "http://"+address+"/", s.find(t, `code (\S+)`), s.find(t, `teacher: +(http\S+)`), solution)
	walk.Dir = uiDir
	walk.Stderr = os.Stderr
	walk.WaitDelay = time.Second
	in, err := walk.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := walk.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := walk.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		t.Log(lines.Text())
		switch lines.Text() {
		case "edit":
			writeLab(t, own, "mine", strings.Replace(plainLab, "title: T", "title: Our better lab", 1))
		case "restart":
			s.cmd.Process.Kill()
			s.cmd.Wait()
			serve(t, args...)
			fmt.Fprintln(in, "again")
		}
	}
	io.Copy(io.Discard, out)
	if err := walk.Wait(); err != nil {
		t.Error(err)
	}
}

// freeAddress returns an unused loopback address.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
