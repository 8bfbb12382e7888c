//go:build bpflab_agent

package agent

import _ "embed"

// packed is the agent's program for Linux on this architecture, as Pack writes it. The file is in
// no tree: `make build` lays it over this folder (go build -overlay).
//
//go:embed agent.zst
var packed []byte
