//go:build !linux

package cachetest

import "errors"

func mount(string, string) error { return errors.ErrUnsupported }

func unmount(string) {}
