package initramfs

import "os"

// tryLock has nothing to do: Windows removes no file that somebody has open.
func tryLock(*os.File) error { return nil }
