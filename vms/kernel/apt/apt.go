// Package apt reads archives of Debian packages: of Debian, of Ubuntu, of snapshots.
//
// What it returns is verified along the whole chain: the suite's InRelease is signed by a
// key of the archive, has not expired, is of the suite asked for and not older than the one
// seen last; it holds the digest of the package index, which holds the digests of the
// packages. Archived suites are verified the same way as of the date of their last Release:
// their keys expire, and they no longer change.
package apt

import (
	"bytes"
	"fmt"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// Ring reads armored keys; an empty text has none.
func Ring(armored ...[]byte) (openpgp.EntityList, error) {
	var ring openpgp.EntityList
	for _, text := range armored {
		if len(text) == 0 {
			continue
		}
		keys, err := openpgp.ReadArmoredKeyRing(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("keys of an archive: %w", err)
		}
		ring = append(ring, keys...)
	}
	return ring, nil
}
