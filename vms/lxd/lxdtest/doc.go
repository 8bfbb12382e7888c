// Package lxdtest starts real LXD servers for tests: the distribution's daemon,
// with a directory of its own, as root. One server stands for this host's, two or
// more form a cluster on loopback addresses.
//
// No test starts one unless BPFLAB_LXD_TESTS is 1, as `make test-lxd` sets it.
package lxdtest
