package main

import (
	"strings"
	"testing"
)

func TestFollow(t *testing.T) {
	tests := []struct {
		name   string
		events string
		want   string
	}{
		{
			"passing",
			`{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: chatter\n"}
{"Action":"pass","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"PASS\n"}
{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}
{"Action":"pass","Package":"p"}
`,
			"ok  \tp\t0.1s\nno test of 1 was skipped\n",
		},
		{
			"failing",
			`{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: wrong\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- FAIL: TestA (0.00s)\n"}
{"Action":"fail","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}
{"Action":"fail","Package":"p"}
`,
			"    a_test.go:1: wrong\n--- FAIL: TestA (0.00s)\nFAIL\tp\t0.1s\nno test of 1 was skipped\n",
		},
		{
			"skipping",
			`{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: no clang: install it\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"--- SKIP: TestA (0.00s)\n"}
{"Action":"skip","Package":"p","Test":"TestA"}
{"Action":"skip","Package":"q"}
`,
			"\n*** SKIPPED: 1 of 1 tests and subtests did not run:\n***   p TestA: no clang: install it\n",
		},
		{
			"panicking: what the test had said comes out",
			`{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"panic: oops\n"}
{"Action":"fail","Package":"p"}
`,
			"panic: oops\nno test of 1 was skipped\n",
		},
		{
			"not compiling",
			`{"ImportPath":"p [p.test]","Action":"build-output","Output":"# p [p.test]\n"}
not an event
`,
			"# p [p.test]\nnot an event\nno test of 0 was skipped\n",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			f := newFollower(&out)
			if err := f.read(strings.NewReader(tt.events)); err != nil {
				t.Fatal(err)
			}
			f.summary()
			if out.String() != tt.want {
				t.Errorf("got:\n%s\nwant:\n%s", out.String(), tt.want)
			}
		})
	}
}

func TestReason(t *testing.T) {
	tests := []struct {
		name  string
		lines []string
		want  string
	}{
		{"said nothing", []string{"=== RUN   TestA\n", "--- SKIP: TestA (0.00s)\n"}, "no reason given"},
		{"said it", []string{"    x_test.go:12: needs root\n", "--- SKIP: TestA (0.00s)\n"}, "needs root"},
		{"printed it itself", []string{"needs: root\n"}, "needs: root"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := reason(tt.lines); got != tt.want {
				t.Errorf("reason = %q, want %q", got, tt.want)
			}
		})
	}
}
