package probe

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// attrWords is how many words commands are given. What is behind a kernel's own union
// bpf_attr must be zero, and it has had more than wordsSet for as long as it has been there.
const (
	attrWords = 32
	wordsSet  = 11
)

// TakesCommand reports whether bpf(2) takes a command, by number. EINVAL is the error for a
// command that the kernel lacks, and also for most nonsense. But almost all commands have a
// file descriptor or an address among their first words, and look that up: so each word is
// tried as a descriptor that nobody has, and as that of a map. For the few others the
// answer is no.
func TakesCommand(cmd uint32) bool {
	if cmd == unix.BPF_MAP_CREATE {
		return MakesMap(unix.BPF_MAP_TYPE_HASH)
	}
	if answers(cmd, -1) {
		return true
	}
	fd, errno := createMap(mapAttr{mapType: unix.BPF_MAP_TYPE_ARRAY, keySize: 4, valueSize: 8, maxEntries: 1})
	if errno != 0 {
		return false
	}
	defer unix.Close(fd)
	return answers(cmd, int32(fd))
}

// answers reports whether a command has another error than EINVAL, or none, where one of
// its words is set and all others are zero, or all are zero.
func answers(cmd uint32, word int32) bool {
	for at := range wordsSet + 1 {
		var attr [attrWords]int32
		if at < wordsSet {
			attr[at] = word
		}
		fd, errno := bpf(int(cmd), unsafe.Pointer(&attr), unsafe.Sizeof(attr))
		if errno == 0 && fd > unix.Stderr {
			unix.Close(fd) // of BPF_ENABLE_STATS
		}
		if errno != unix.EINVAL {
			return true
		}
	}
	return false
}
