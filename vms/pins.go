package vms

import _ "embed" // for the lock file

// KernelsLock is the lock file this binary was built with: the kernels that selectors
// resolve to where no other lock file is given.
//
//go:embed kernels.lock
var KernelsLock []byte
