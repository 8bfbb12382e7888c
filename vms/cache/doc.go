// Package cache writes files that are kept between runs, and checks them before they
// are used again.
//
// Create writes a file completely or not at all, and beside it FILE.sum with its size and
// SHA-256. Look finds, at the cost of a stat, a file that is missing, truncated, not plain,
// or writable by others. A Checker reads it and compares the digest, once per process as
// long as the file does not change. So a caller can begin to use a file at once, and check
// it meanwhile.
//
// The error for a damaged file is a *DamagedError: remove the file and make it again.
// Errors of a full disk say what to do (Explain).
package cache
