//go:build bpflab_agent

package agent

import "embed"

// packed has the agent's programs for Linux, as Pack writes them, each by its GOARCH. The files
// are in no tree: `make build` lays them over this folder (go build -overlay).
//
//go:embed agent-*.pack
var packed embed.FS
