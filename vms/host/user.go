package host

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// user is who wants to run labs.
type user struct {
	id   int    // effective
	maps string // /proc/self/uid_map, "" where there are no user namespaces
}

func self() user {
	maps, _ := os.ReadFile("/proc/self/uid_map") // not there: no user namespaces
	return user{os.Geteuid(), string(maps)}
}

// allUsers is how many users the first user namespace has.
const allUsers = 1<<32 - 1

// mayLoad returns why the user may not load programs into the kernel, or nil.
func (u user) mayLoad() error {
	if u.id != 0 {
		return fmt.Errorf("to load programs into the running kernel takes root, and this is user %d", u.id)
	}
	if u.maps != "" && !u.first() {
		return errors.New("to load programs into the running kernel takes its own root, and this one is root of a user namespace (a rootless container?)")
	}
	return nil
}

// first reports whether the user is in the first user namespace: the only one
// whose one line maps all users to themselves.
func (u user) first() bool {
	fields := strings.Fields(u.maps)
	return len(fields) == 3 && fields[0] == "0" && fields[1] == "0" && fields[2] == strconv.Itoa(allUsers)
}
