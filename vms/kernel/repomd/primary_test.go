package repomd

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
)

// packers are how repositories pack their lists.
var packers = map[string]func(io.Writer) (io.WriteCloser, error){
	"gz": func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriterLevel(w, gzip.BestSpeed) },
	"xz": func(w io.Writer) (io.WriteCloser, error) { return xz.NewWriter(w) },
	"zst": func(w io.Writer) (io.WriteCloser, error) {
		return zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedDefault))
	},
}

// writePrimary writes a primary.xml of about size bytes, in which the last package is a kernel,
// and returns its name. It is never whole in memory.
func writePrimary(tb testing.TB, method string, size int) string {
	tb.Helper()
	name := filepath.Join(tb.TempDir(), "primary.xml."+method)
	f, err := os.Create(name)
	if err != nil {
		tb.Fatal(err)
	}
	packer, err := packers[method](f)
	if err != nil {
		tb.Fatal(err)
	}
	text := bufio.NewWriter(packer)
	fmt.Fprint(text, strings.TrimSuffix(primary(), "</metadata>\n"))
	random := rand.New(rand.NewPCG(1, 2))
	needs := make([]string, 64)
	for i := range needs {
		for range 80 {
			needs[i] += fmt.Sprintf("      <rpm:entry name=\"lib%x.so.6(GLIBC_2.%d)(64bit)\"/>\n", random.Uint32(), random.IntN(40))
		}
	}
	for written := 0; written < size; {
		one := packageText(fmt.Sprintf("package%x", random.Uint64()), "x86_64", "1.0") + needs[random.IntN(len(needs))]
		written += len(one)
		text.WriteString(one)
	}
	fmt.Fprint(text, packageText("kernel-core", "x86_64", "5.14.0"), "</metadata>\n")
	if err := errors.Join(text.Flush(), packer.Close(), f.Close()); err != nil {
		tb.Fatal(err)
	}
	return name
}

func BenchmarkReadPrimary(b *testing.B) {
	const size = 100 << 20
	for method := range packers {
		b.Run(method, func(b *testing.B) {
			file := writePrimary(b, method, size)
			b.SetBytes(size)
			for b.Loop() {
				if found, err := ReadPrimary(file, isKernel); err != nil || len(found) != 1 {
					b.Fatal(found, err)
				}
			}
		})
	}
}
