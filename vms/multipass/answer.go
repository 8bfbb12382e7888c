package multipass

import (
	"encoding/json"
	"fmt"
)

// version is the answer of `multipass version --format json`. Daemon is "" if
// the daemon did not answer.
type version struct {
	Client string `json:"multipass"`
	Daemon string `json:"multipassd"`
}

// listed is one instance of `multipass list --format json`.
type listed struct {
	Name  string `json:"name"`
	State string `json:"state"` // "Running", "Stopped", "Deleted", ...
}

func parseVersion(text string) (version, error) {
	var v version
	if err := decode("version", text, &v); err != nil {
		return v, err
	}
	if v.Client == "" {
		return v, fmt.Errorf("multipass version: its answer names no version: %.200q", text)
	}
	return v, nil
}

func parseList(text string) ([]listed, error) {
	var answer struct {
		List []listed `json:"list"`
	}
	if err := decode("list", text, &answer); err != nil {
		return nil, err
	}
	if answer.List == nil {
		return nil, fmt.Errorf("multipass list: its answer holds no list: %.200q", text)
	}
	return answer.List, nil
}

// parseState reads one instance's state from `multipass info NAME --format
// json`.
func parseState(text, name string) (string, error) {
	var answer struct {
		Info map[string]struct {
			State string `json:"state"`
		} `json:"info"`
	}
	if err := decode("info", text, &answer); err != nil {
		return "", err
	}
	if answer.Info[name].State == "" {
		return "", fmt.Errorf("multipass info: its answer has no state of %s: %.200q", name, text)
	}
	return answer.Info[name].State, nil
}

func decode(verb, text string, into any) error {
	if err := json.Unmarshal([]byte(text), into); err != nil {
		return fmt.Errorf("multipass %s: its answer is no JSON that is known: %w: %.200q", verb, err, text)
	}
	return nil
}
