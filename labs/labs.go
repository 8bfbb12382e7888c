// Package labs carries the course's lab documents.
package labs

import "embed"

// FS holds NAME/lab.md for every lab.
//
//go:embed */lab.md
var FS embed.FS
