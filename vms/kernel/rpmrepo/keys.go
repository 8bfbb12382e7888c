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

// vendorKeys returns the keys in files.
func vendorKeys(names []string) (openpgp.EntityList, error) {
	var ring openpgp.EntityList
	for _, name := range names {
		text, err := keyFiles.ReadFile("keys/" + name + ".asc")
		if err != nil {
			return nil, err
		}
		keys, err := readKeys(string(text))
		if err != nil {
			return nil, fmt.Errorf("keys/%s.asc: %w", name, err)
		}
		ring = append(ring, keys...)
	}
	return ring, nil
}

// readKeys reads one armored block or more.
func readKeys(text string) (openpgp.EntityList, error) {
	var ring openpgp.EntityList
	for block := range strings.SplitAfterSeq(text, keyEnd) {
		if strings.TrimSpace(block) == "" {
			continue
		}
		keys, err := openpgp.ReadArmoredKeyRing(strings.NewReader(block))
		if err != nil {
			return nil, err
		}
		ring = append(ring, keys...)
	}
	return ring, nil
}
