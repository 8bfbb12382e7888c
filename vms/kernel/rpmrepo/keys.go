package rpmrepo

import (
	"embed"
	"fmt"
	"strings"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// keyFiles are the vendors' public keys; keys/README.md says where they are from.
//
//go:embed keys/*.asc
var keyFiles embed.FS

const keyEnd = "-----END PGP PUBLIC KEY BLOCK-----"

// vendorKeys returns the keys in files, each of which has one block or more.
func vendorKeys(names []string) (openpgp.EntityList, error) {
	var ring openpgp.EntityList
	for _, name := range names {
		text, err := keyFiles.ReadFile("keys/" + name + ".asc")
		if err != nil {
			return nil, err
		}
		for block := range strings.SplitAfterSeq(string(text), keyEnd) {
			if strings.TrimSpace(block) == "" {
				continue
			}
			keys, err := openpgp.ReadArmoredKeyRing(strings.NewReader(block))
			if err != nil {
				return nil, fmt.Errorf("keys/%s.asc: %w", name, err)
			}
			ring = append(ring, keys...)
		}
	}
	return ring, nil
}
