package repomd

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// readerOf is the variable by which TestMemoryOfReadPrimary starts itself again.
const readerOf = "REPOMD_TEST_PRIMARY"

// A kernel is found in a list of 100 MB with less than 60 MB of memory, all that the process has
// from its start to its end. The list in xz is shorter, because packing it takes long; what
// unpacks it needs no more for a longer one.
func TestMemoryOfReadPrimary(t *testing.T) {
	if file := os.Getenv(readerOf); file != "" {
		readAlone(t, file)
		return
	}
	const most = 60 << 20
	for method, size := range map[string]int{"gz": 100 << 20, "zst": 100 << 20, "xz": 12 << 20} {
		cmd := exec.Command(os.Args[0], "-test.run=^TestMemoryOfReadPrimary$", "-test.v")
		cmd.Env = append(os.Environ(), readerOf+"="+writePrimary(t, method, size))
		out, err := cmd.CombinedOutput()
		_, report, ok := strings.Cut(string(out), "peak ")
		var peak int
		if _, scanned := fmt.Sscan(report, &peak); err != nil || !ok || scanned != nil {
			t.Fatalf("%s: %v\n%s", method, err, out)
		}
		if peak > most {
			t.Errorf("%s: it took %d bytes", method, peak)
		}
		line, _, _ := strings.Cut(report, "\n")
		t.Logf("%s of %d MB: peak %s", method, size>>20, line)
	}
}

// readAlone reads a list, and reports the most memory that the process has had.
func readAlone(t *testing.T, file string) {
	began := time.Now()
	if found, err := ReadPrimary(file, isKernel); err != nil || len(found) != 1 {
		t.Fatalf("got %+v, %v", found, err)
	}
	took := time.Since(began)
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "VmHWM:")
	var peak int
	if _, err := fmt.Sscan(rest, &peak); err != nil {
		t.Fatal(err)
	}
	t.Logf("peak %d bytes, %.1f s", peak<<10, took.Seconds())
}
