package report

import (
	"bytes"
	"encoding/json"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/bpflab/bpflab/harness/verdict"
)

const schemaFile = "../../docs/result.schema.json"

// valid checks a result against docs/result.schema.json.
func valid(t *testing.T, result []byte) error {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(result))
	if err != nil {
		t.Fatal(err)
	}
	return schema.Validate(document)
}

func TestResultsAreValid(t *testing.T) {
	for name, result := range map[string]verdict.Result{
		"everything": everything(), "nothing": {Schema: verdict.Schema}, "repeated": repeated(), "large": large(10),
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := JSON(&out, result); err != nil {
				t.Fatal(err)
			}
			if err := valid(t, out.Bytes()); err != nil {
				t.Error(err)
			}
		})
	}
}

// real.json is what a run of two labs on two kernels left.
func TestRealResultIsValid(t *testing.T) {
	text, err := os.ReadFile("testdata/real.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := valid(t, text); err != nil {
		t.Error(err)
	}
}

func TestWrongResultsAreInvalid(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, everything()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"another schema":      {`"schema": 1`, `"schema": 2`},
		"another verdict":     {`"verdict": "timeout"`, `"verdict": "red"`},
		"no lab":              {`"lab": "hello"`, `"labs": "hello"`},
		"a null list":         {`"steps": []`, `"steps": null`},
		"a number as text":    {`"start": 3`, `"start": "3"`},
		"a negative duration": {`"run": 0.8`, `"run": -0.8`},
		"no digest":           {strings.Repeat("a1", 32), "a1"},
		"no time":             {"2026-03-01T12:00:00Z", "yesterday"},
	} {
		t.Run(name, func(t *testing.T) {
			text := strings.Replace(out.String(), change[0], change[1], 1)
			if text == out.String() {
				t.Fatalf("the result has no %s", change[0])
			}
			if err := valid(t, []byte(text)); err == nil {
				t.Error("the schema takes it")
			}
		})
	}
}

// The schema has every key of the types, and no other; keys that may be absent
// are not required.
func TestSchemaIsWhole(t *testing.T) {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		object
		Defs map[string]object `json:"$defs"`
	}
	if err := json.Unmarshal(text, &schema); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		got  object
		want reflect.Type
	}{
		{schema.object, reflect.TypeFor[verdict.Result]()},
		{schema.Defs["cell"], reflect.TypeFor[verdict.Cell]()},
		{schema.Defs["attempt"], reflect.TypeFor[verdict.Attempt]()},
		{schema.Defs["step"], reflect.TypeFor[verdict.Step]()},
		{schema.Defs["check"], reflect.TypeFor[verdict.Check]()},
		{schema.Defs["hypervisor"], reflect.TypeFor[verdict.Hypervisor]()},
		{schema.Defs["kernel"], reflect.TypeFor[verdict.Kernel]()},
		{schema.Defs["durations"], reflect.TypeFor[verdict.Durations]()},
	} {
		t.Run(test.want.Name(), func(t *testing.T) { test.got.is(t, test.want) })
	}
}

// object is a rule of a schema.
type object struct {
	Properties map[string]struct {
		Description string
	}
	Required []string
}

func (o object) is(t *testing.T, want reflect.Type) {
	var keys []string
	for i := range want.NumField() {
		key, options, _ := strings.Cut(want.Field(i).Tag.Get("json"), ",")
		keys = append(keys, key)
		if required := !strings.Contains(options, "omitempty"); required != slices.Contains(o.Required, key) {
			t.Errorf("%s is required: %t", key, !required)
		}
	}
	for _, key := range keys {
		if _, ok := o.Properties[key]; !ok {
			t.Errorf("the schema has no %s", key)
		}
	}
	for key := range o.Properties {
		if !slices.Contains(keys, key) {
			t.Errorf("the schema has %s, which no result has", key)
		}
	}
}
