package apt

import (
	"testing"
	"time"
)

func TestParseDate(t *testing.T) {
	want := time.Date(2026, 11, 29, 8, 3, 12, 0, time.UTC)
	for _, text := range []string{"Sun, 29 Nov 2026 08:03:12 UTC", "Sun, 29 Nov 2026  8:03:12 UTC", "Sun, 29 Nov 2026 08:03:12 GMT", "Sun, 29 Nov 2026 08:03:12 +0000"} {
		if got, err := parseDate(text); err != nil || !got.Equal(want) {
			t.Errorf("%q: got %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "today", "Sun, 29 Nov 2026 08:03:12", "Sun, 29 Nov 2026 08:03:12 CET", "Sun, 29 Nov 2026 08:03:12 +0100"} {
		if got, err := parseDate(text); err == nil {
			t.Errorf("%q: got %v", text, got)
		}
	}
}
