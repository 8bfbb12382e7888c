package ubuntu

import _ "embed"

// archiveKeys are the archive's public keys; keys/README.md says where they are from.
//
//go:embed keys/archive.asc
var archiveKeys []byte
