package debian

import (
	"bytes"
	_ "embed"
	"fmt"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// The archive's public keys; keys/README.md says where they are from.
var (
	//go:embed keys/current.asc
	currentKeys []byte
	//go:embed keys/archived.asc
	archivedKeys []byte
)

// Keys are the armored OpenPGP keys that may sign suites.
type Keys struct {
	Current  []byte // for all suites
	Archived []byte // for archived suites as well
}

// ArchiveKeys returns the keys of the Debian archive, from stretch to trixie.
func ArchiveKeys() Keys { return Keys{currentKeys, archivedKeys} }

// ring returns the keys that count for a suite.
func (k Keys) ring(archived bool) (openpgp.EntityList, error) {
	ring, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(k.Current))
	if err == nil && archived {
		var old openpgp.EntityList
		old, err = openpgp.ReadArmoredKeyRing(bytes.NewReader(k.Archived))
		ring = append(ring, old...)
	}
	if err != nil {
		return nil, fmt.Errorf("keys of the Debian archive: %w", err)
	}
	return ring, nil
}
