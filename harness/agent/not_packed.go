//go:build !bpflab_agent

package agent

import "embed"

var packed embed.FS
