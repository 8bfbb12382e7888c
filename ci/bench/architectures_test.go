package main

import (
	"os"
	"strings"
	"testing"
	"time"
)

// The kernels that are measured are those whose features and limits are.
func TestEveryArchitectureIsThatOfTheMakefile(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var kernels []string
	for _, a := range everyArchitecture {
		kernels = append(kernels, a.kernel)
	}
	if want := "\nARCH_KERNELS = " + strings.Join(kernels, ",") + "\n"; !strings.Contains(string(makefile), want) {
		t.Errorf("the Makefile has no line %q", want)
	}
}

func TestArchitecturesPart(t *testing.T) {
	times := func(kernel string, cold, fork time.Duration, memory int64) archTimes {
		return archTimes{kernel: kernel, cold: []time.Duration{cold}, fork: []time.Duration{fork}, memory: memory}
	}
	p := architecturesPart([]archTimes{
		times("quick", 2*time.Second, 100*time.Millisecond, 60e6),
		times("slow", 2*time.Second, 101*time.Millisecond, 60e6),
		times("large", 2*time.Second, 100*time.Millisecond, 61e6),
	}, []string{"qemu-system-ppc64"})
	var text strings.Builder
	p.write(&text)
	for _, want := range []string{"| quick | 2.00 s | 0.100 s | 1/20.0 | 60 MB | yes |", "| slow | 2.00 s | 0.101 s | 1/19.8 | 60 MB | **no** |",
		"| large | 2.00 s | 0.100 s | 1/20.0 | 61 MB | **no** |", "not installed here: qemu-system-ppc64."} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("there is no %q in:\n%s", want, text.String())
		}
	}
}

func TestHelloEverywherePart(t *testing.T) {
	p := helloEverywherePart([]string{"6.12", "6.12/arm64"}, []time.Duration{61 * time.Second}, []time.Duration{6 * time.Second})
	var text strings.Builder
	p.write(&text)
	for _, want := range []string{"--kernel 6.12,6.12/arm64`", "| 2 | cold | 61.0 s | at most 60 s | **no** |", "| 2 | warm | 6.00 s | at most 6 s | yes |"} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("there is no %q in:\n%s", want, text.String())
		}
	}
}
