// Package rpmrepo finds and fetches kernels of distributions with RPM repositories: Fedora,
// CentOS Stream, Rocky Linux, AlmaLinux, CentOS 7 and 8, Oracle's UEK, Amazon Linux and
// openSUSE Leap, whose kernels are those of SLE. Each is a description (vendors.go) over one
// source.
//
// What it returns is verified: every package by its vendor's key, whose signature covers the
// header and with it, or directly, the payload. The keys come with the binary, those of a
// release count for that release alone. The repository's own metadata is signed by SUSE; of
// the others, which sign packages alone, it is checked against its digests, and must not be
// older than what was seen before. So a mirror can hold back new kernels, or offer old ones,
// but cannot offer one that the vendor did not sign.
package rpmrepo
