package guest

import (
	"errors"
	"io/fs"
	"os"
)

// expediteGracePeriods has the kernel end RCU's grace periods as early as it can. Whatever
// detaches a program, frees a map or leaves a network namespace waits for one, tens of
// milliseconds each, which spare the processors of a busy machine; in this one, they have
// nothing else to do. What waits for a grace period still does. The file is that of
// kernel/ksysfs.c; kernels with the tiny RCU have none, and wait for none.
func expediteGracePeriods() error {
	err := os.WriteFile("/sys/kernel/rcu_expedited", []byte("1"), 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
