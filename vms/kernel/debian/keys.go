package debian

import (
	_ "embed"

	"github.com/ProtonMail/go-crypto/openpgp"

	"github.com/bpflab/bpflab/vms/kernel/apt"
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
	if archived {
		return apt.Ring(k.Current, k.Archived)
	}
	return apt.Ring(k.Current)
}
