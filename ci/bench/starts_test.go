package main

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestStartsAreJudged(t *testing.T) {
	ms := func(n int) []time.Duration { return []time.Duration{time.Duration(n) * time.Millisecond} }
	tests := []struct {
		name  string
		judge func([]kernel.Image, []startTimes) part
		times startTimes
		want  string
	}{
		{"boot", bootPart, startTimes{bare: ms(1000), said: ms(1200)}, "yes"},
		{"boot of a bad ratio", bootPart, startTimes{bare: ms(1000), said: ms(1300)}, "**no**"},
		{"boot that adds much", bootPart, startTimes{bare: ms(4000), said: ms(4600)}, "**no**"},
		{"fork", forkPart, startTimes{awake: ms(2000), fork: ms(100)}, "yes"},
		{"fork of a bad ratio", forkPart, startTimes{awake: ms(1900), fork: ms(100)}, "**no**"},
		{"fork that is slow", forkPart, startTimes{awake: ms(9000), fork: ms(160)}, "**no**"},
		{"template", templatePart, startTimes{awake: ms(2000), made: ms(2500)}, "yes"},
		{"template that adds much", templatePart, startTimes{awake: ms(2000), made: ms(2600)}, "**no**"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			row := tt.judge(named("6.1"), []startTimes{tt.times}).tables[0].Rows[0]
			if got := row[len(row)-1]; got != tt.want {
				t.Errorf("got %q, want %q: %q", got, tt.want, row)
			}
		})
	}
}

// make test-hosts reads this table by these names.
func TestForkPartAsJSON(t *testing.T) {
	times := startTimes{awake: []time.Duration{1500 * time.Millisecond}, fork: []time.Duration{50 * time.Millisecond}}
	got, err := json.Marshal(forkPart([]kernel.Image{{Series: "6.1"}}, []startTimes{times}))
	want := `{"title":"Fork","tables":[{"head":["kernel","cold boot","fork","ratio","holds"],"rows":[["6.1","1.50 s","0.050 s","1/30.0","yes"]]}]}`
	if err != nil || string(got) != want {
		t.Errorf("%s, error %v, want %s", got, err, want)
	}
}
