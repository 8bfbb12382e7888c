package main

import (
	"fmt"
	"slices"
	"time"
)

// median returns the middle value, or the mean of the two in the middle; 0 for none.
func median[T time.Duration | float64 | int64](all []T) T {
	sorted := slices.Sorted(slices.Values(all))
	n := len(sorted)
	if n == 0 {
		return 0
	}
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// mean returns 0 for no values.
func mean[T time.Duration | float64 | int64](all []T) T {
	var sum T
	for _, v := range all {
		sum += v
	}
	return sum / T(max(1, len(all)))
}

// spread returns the least and the greatest value; zeros for none.
func spread(all []float64) (least, most float64) {
	if len(all) == 0 {
		return 0, 0
	}
	return slices.Min(all), slices.Max(all)
}

// seconds writes a duration as tables have it.
func seconds(d time.Duration) string {
	if d < 10*time.Second && d > -10*time.Second {
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// megabytes writes bytes as tables have them.
func megabytes(bytes int64) string { return fmt.Sprintf("%.0f MB", float64(bytes)/1e6) }
