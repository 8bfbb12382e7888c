package multipass

import (
	"reflect"
	"strings"
	"testing"
)

func TestParseVersion(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       version
		problem    string
	}{
		{"both", `{"multipass": "1.16.1+mac", "multipassd": "1.16.0+mac"}`, version{"1.16.1+mac", "1.16.0+mac"}, ""},
		{"with an update", `{"multipass": "1.0.0", "multipassd": "1.0.0", "update": {"title": "Multipass 1.0.1"}}`, version{"1.0.0", "1.0.0"}, ""},
		{"no daemon", `{"multipass": "1.16.1"}`, version{Client: "1.16.1"}, ""},
		{"no JSON", "multipass  1.0.0\n", version{}, "no JSON that is known"},
		{"of another kind", `{"multipass": 1}`, version{}, "no JSON that is known"},
		{"empty", "{}", version{}, "names no version"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseVersion(test.text)
			wantParsed(t, got, test.want, err, test.problem)
		})
	}
}

func TestParseList(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []listed
		problem    string
	}{
		{"none", `{"list": []}`, []listed{}, ""},
		{"some", `{"list": [{"ipv4": ["10.0.0.1"], "name": "a", "release": "Ubuntu 22.04 LTS", "state": "Running", "zone": {"name": "zone1"}}, {"name": "b", "state": "Deleted"}]}`,
			[]listed{{"a", "Running"}, {"b", "Deleted"}}, ""},
		{"no list", `{"errors": []}`, nil, "holds no list"},
		{"no JSON", "No instances found.\n", nil, "no JSON that is known"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseList(test.text)
			wantParsed(t, got, test.want, err, test.problem)
		})
	}
}

func TestParseState(t *testing.T) {
	for _, test := range []struct{ name, text, want, problem string }{
		{"running", `{"errors": [], "info": {"a": {"state": "Running", "cpu_count": "1", "memory": {}}}}`, "Running", ""},
		{"of another", `{"errors": [], "info": {"b": {"state": "Running"}}}`, "", "has no state of a"},
		{"no JSON", "info failed", "", "no JSON that is known"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseState(test.text, "a")
			wantParsed(t, got, test.want, err, test.problem)
		})
	}
}

func wantParsed(t *testing.T, got, want any, err error, problem string) {
	t.Helper()
	switch {
	case problem == "" && err != nil:
		t.Errorf("error %v", err)
	case problem != "" && (err == nil || !strings.Contains(err.Error(), problem)):
		t.Errorf("error %v, want %q", err, problem)
	case problem == "" && !reflect.DeepEqual(got, want):
		t.Errorf("got %+v, want %+v", got, want)
	}
}

// FuzzAnswers: whatever multipass answers, what is read from it is whole, or
// there is an error.
func FuzzAnswers(f *testing.F) {
	f.Add(`{"multipass": "1.16.1", "multipassd": "1.16.1"}`)
	f.Add(`{"list": [{"name": "a", "state": "Running"}]}`)
	f.Add(`{"info": {"a": {"state": "Stopped"}}}`)
	f.Add(`{"info": null, "list": null}`)
	f.Fuzz(func(t *testing.T, text string) {
		if v, err := parseVersion(text); err == nil && v.Client == "" {
			t.Error("a version without one")
		}
		if list, err := parseList(text); err == nil && list == nil {
			t.Error("a list that is none")
		}
		if state, err := parseState(text, "a"); err == nil && state == "" {
			t.Error("a state that is none")
		}
	})
}
