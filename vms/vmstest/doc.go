// Package vmstest is what every provider of machines must pass: Conformance
// starts real machines and holds the provider to the contract of vms.Provider
// and vms.Machine.
package vmstest
