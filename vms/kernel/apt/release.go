package apt

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Errors of a Release that must not be trusted.
var (
	ErrSignature = errors.New("not signed by a key of the archive")
	ErrExpired   = errors.New("expired")
	ErrReplayed  = errors.New("older than the one seen before")
	ErrMismatch  = errors.New("not of the suite asked for")
)

// clockSlack is how far a mirror's clock may be ahead of this host's.
const clockSlack = time.Hour

// Release is what a suite's InRelease says, once verified.
type Release struct {
	Signer     string // fingerprint of the key that signed it
	codename   string
	suite      string
	date       time.Time
	validUntil time.Time // zero: for ever
	files      map[string]kernel.File
}

// openRelease verifies an InRelease and reads it. Nothing of it is used unless
// a key of ring signed it. Archived suites are checked as of their own date,
// and what they say of their validity is not looked at.
func openRelease(signed []byte, s Suite, ring openpgp.EntityList, now time.Time) (Release, error) {
	at := now
	if s.Archived {
		at = claimedDate(signed)
	}
	text, signer, err := verified(signed, ring, at)
	if err != nil {
		return Release{}, err
	}
	r, err := parseRelease(text)
	if err != nil {
		return Release{}, err
	}
	r.Signer = signer
	return r, r.check(s, now)
}

// verified returns the signed text if one key of ring has signed it well, and that key's
// fingerprint.
func verified(signed []byte, ring openpgp.EntityList, at time.Time) (text []byte, signer string, err error) {
	config := &packet.Config{Time: func() time.Time { return at }}
	reason := error(ErrSignature)
	for _, key := range ring {
		block, rest := clearsign.Decode(signed)
		if block == nil || len(bytes.TrimSpace(rest)) > 0 {
			return nil, "", fmt.Errorf("%w: it is no single clear-signed text", ErrSignature)
		}
		_, err := block.VerifySignature(openpgp.EntityList{key}, config)
		if err == nil {
			return block.Bytes, Fingerprint(key), nil
		}
		if !strings.Contains(err.Error(), "unknown entity") {
			reason = fmt.Errorf("%w: key %s: %w", ErrSignature, key.PrimaryKey.KeyIdString(), err)
		}
	}
	return nil, "", reason
}

// Fingerprint returns that of a key, as GnuPG prints it without spaces.
func Fingerprint(key *openpgp.Entity) string {
	return strings.ToUpper(hex.EncodeToString(key.PrimaryKey.Fingerprint))
}

// claimedDate returns the Date of a text that is not verified yet.
func claimedDate(signed []byte) time.Time {
	block, _ := clearsign.Decode(signed)
	if block == nil {
		return time.Time{}
	}
	r, _ := parseRelease(block.Bytes)
	return r.date
}

func (r Release) check(s Suite, now time.Time) error {
	switch {
	case s.Codename != "" && r.codename != s.Codename:
		return fmt.Errorf("%w: it is of %q, not of %q", ErrMismatch, r.codename, s.Codename)
	case s.Suite != "" && r.suite != s.Suite:
		return fmt.Errorf("%w: it is of %q, not of %q", ErrMismatch, r.suite, s.Suite)
	case r.date.IsZero():
		return errors.New("it has no Date")
	case s.Archived:
		return nil
	case !r.validUntil.IsZero() && now.After(r.validUntil):
		return fmt.Errorf("%w on %s; the mirror is out of date, or this machine's clock is wrong", ErrExpired, r.validUntil.Format(time.DateTime))
	case r.date.After(now.Add(clockSlack)):
		return fmt.Errorf("it is from %s, in the future; is this machine's clock right?", r.date.Format(time.DateTime))
	}
	return nil
}

// parseRelease reads the fields that count, and the list under SHA256.
func parseRelease(text []byte) (Release, error) {
	r := Release{files: map[string]kernel.File{}}
	field := ""
	lines := bufio.NewScanner(bytes.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		if strings.HasPrefix(line, " ") {
			if field == "SHA256" {
				r.addFile(line)
			}
			continue
		}
		var value string
		field, value, _ = strings.Cut(line, ":")
		if err := r.set(field, strings.TrimSpace(value)); err != nil {
			return r, err
		}
	}
	return r, lines.Err()
}

func (r *Release) set(field, value string) (err error) {
	switch field {
	case "Codename":
		r.codename = value
	case "Suite":
		r.suite = value
	case "Date":
		r.date, err = parseDate(value)
	case "Valid-Until":
		r.validUntil, err = parseDate(value)
	}
	return err
}

// parseDate reads a date as Debian and Ubuntu write it, or as apt-ftparchive does.
func parseDate(s string) (time.Time, error) {
	t, err := time.Parse("Mon, 2 Jan 2006 15:04:05 MST", s)
	if err != nil {
		t, err = time.Parse("Mon, 2 Jan 2006 15:04:05 -0700", s)
	}
	if err != nil || !strings.HasSuffix(s, "UTC") && !strings.HasSuffix(s, "GMT") && !strings.HasSuffix(s, "+0000") {
		return time.Time{}, fmt.Errorf("%q is no date as Release files have them", s)
	}
	return t.UTC(), nil
}

// addFile reads " DIGEST SIZE PATH"; what is none of that is left out.
func (r *Release) addFile(line string) {
	words := strings.Fields(line)
	if len(words) != 3 {
		return
	}
	size, err := strconv.ParseInt(words[1], 10, 64)
	if err == nil {
		r.files[words[2]] = kernel.File{Package: words[2], Path: words[2], Size: size, SHA256: words[0]}
	}
}
