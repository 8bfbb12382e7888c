// Package cache writes files that are kept between runs, and checks them before they
// are used again.
//
// Create writes a file whole or not at all, and beside it FILE.sum with its size and
// SHA-256. Look finds, at the price of a stat, a file that is missing, cut off, no plain
// file, or writable by others; a Checker reads it and compares the digest, once in a
// process for as long as the file does not change. So a caller can start what needs the
// file at once, and check it meanwhile.
//
// The error for a file that is not what was written is a *DamagedError: remove the file
// and make it again. Errors of a full disk say what to do (Explain).
package cache
