package gotest

import (
	"reflect"
	"testing"
	"time"
)

func TestSplit(t *testing.T) {
	f, rest, err := Split([]string{"--kernel", "6.1", "-run", "TestX", "-v", "-race", "-timeout=30s", "-j", "2", "-count=3", "-coverprofile", "c.out", "./...", "-json", "--", "-own", "x"})
	if err != nil {
		t.Fatal(err)
	}
	want := Flags{Build: []string{"-race", "-cover"}, Test: []string{"-test.run=TestX", "-test.count=3", "-own", "x"}, Verbose: true, JSON: true, Cover: "c.out", Timeout: 30 * time.Second}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("%+v, want %+v", f, want)
	}
	if want := []string{"--kernel", "6.1", "-j", "2", "./..."}; !reflect.DeepEqual(rest, want) {
		t.Errorf("rest %q, want %q", rest, want)
	}
}
