package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/bpflab/bpflab/harness/verdict"
)

// maxResult is more than any run writes, in bytes.
const maxResult = 256 << 20

// Read reads what JSON wrote. It checks that verdicts and durations are valid; texts are
// still untrusted.
func Read(r io.Reader) (verdict.Result, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxResult+1))
	if err != nil {
		return verdict.Result{}, err
	}
	if len(text) > maxResult {
		return verdict.Result{}, fmt.Errorf("it has more than %d MiB", maxResult>>20)
	}
	var result verdict.Result
	if err := json.Unmarshal(text, &result); err != nil {
		return verdict.Result{}, located(text, err)
	}
	if result.Schema != verdict.Schema {
		return verdict.Result{}, fmt.Errorf("its schema is %d, and this bpflab reads %d", result.Schema, verdict.Schema)
	}
	if result.Cells == nil {
		return verdict.Result{}, errors.New("it has no cells: it is not the result.json of a run")
	}
	for i, cell := range result.Cells {
		if err := checkCell(cell); err != nil {
			return verdict.Result{}, fmt.Errorf("cells[%d]: %w", i, err)
		}
	}
	return result, soundTime("seconds", result.Seconds)
}

// located adds to an error the line in which the JSON is wrong.
func located(text []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	var at int64
	switch {
	case errors.As(err, &syntax):
		at = syntax.Offset
	case errors.As(err, &kind):
		at = kind.Offset
	default:
		return err
	}
	at = min(max(0, at), int64(len(text)))
	return fmt.Errorf("line %d: %w", 1+bytes.Count(text[:at], []byte("\n")), err)
}

// checkCell returns an error for a cell that is not as a run leaves it.
func checkCell(cell verdict.Cell) error {
	if cell.Lab == "" {
		return errors.New("it names no lab")
	}
	errs := []error{soundEnd("its", cell.Verdict), soundDurations(cell.Durations)}
	for i, attempt := range cell.Attempts {
		errs = append(errs, soundEnd(fmt.Sprintf("attempts[%d]'s", i), attempt.Verdict), soundDurations(attempt.Durations))
	}
	for i, step := range cell.Steps {
		errs = append(errs, soundEnd(fmt.Sprintf("steps[%d]'s", i), step.Verdict), soundTime("seconds", step.Seconds))
		for j, check := range step.Checks {
			errs = append(errs, soundEnd(fmt.Sprintf("steps[%d].checks[%d]'s", i, j), check.Verdict))
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func soundEnd(whose string, v verdict.Verdict) error {
	switch v {
	case verdict.Pass, verdict.Fail, verdict.Unsupported, verdict.Infra, verdict.Timeout:
		return nil
	}
	return fmt.Errorf("%s verdict is %q, and there is pass, fail, unsupported, infra and timeout", whose, v)
}

func soundDurations(d verdict.Durations) error {
	for _, part := range parts(d) {
		if err := soundTime(part.name, part.seconds); err != nil {
			return err
		}
	}
	return nil
}

// soundTime takes up to some thirty years.
func soundTime(name string, s float64) error {
	if s < 0 || s > 1e9 {
		return fmt.Errorf("%s is %g", name, s)
	}
	return nil
}
