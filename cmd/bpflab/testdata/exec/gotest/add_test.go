package gotest

import (
	"os"
	"strings"
	"testing"
	"time"
)

func release(t *testing.T) string {
	text, err := os.ReadFile("/proc/sys/kernel/osrelease")
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text))
}

func TestAdd(t *testing.T) {
	if Add(1, 2) != 3 {
		t.Error("no sum")
	}
}

func TestNothing(t *testing.T) {
	if strings.HasPrefix(release(t), "5.10.") {
		t.Skip("not on this kernel")
	}
	if Add(0, 2) != 2 {
		t.Error("no sum")
	}
}

func TestData(t *testing.T) {
	text, err := os.ReadFile("testdata/data.txt")
	if err != nil || string(text) != "some data\n" {
		t.Error(string(text), err)
	}
}

func TestOnlyNew(t *testing.T) {
	if r := release(t); strings.HasPrefix(r, "5.10.") && os.Getenv("STRICT") != "" {
		t.Errorf("not on %s: <&>\"']]> \x00\xff \x1b[31mred", r)
	}
	t.Run("sub <&> \x01", func(t *testing.T) {})
}

func TestHang(t *testing.T) {
	if os.Getenv("HANG") != "" {
		time.Sleep(time.Hour)
	}
}

func TestPanicKernel(t *testing.T) {
	if strings.HasPrefix(release(t), os.Getenv("CRASH")+".") {
		time.Sleep(200 * time.Millisecond) // what was printed is on its way
		os.WriteFile("/proc/sysrq-trigger", []byte("c"), 0)
	}
}

func BenchmarkAdd(b *testing.B) {
	if os.Getenv("FAIL") != "" {
		b.Fatal("asked to fail")
	}
	for i := 0; i < b.N; i++ {
		Add(i, 1)
	}
	b.ReportMetric(1, "sums/op")
}
