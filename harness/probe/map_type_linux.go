package probe

import "golang.org/x/sys/unix"

// shapes are maps as the kinds that there are so far want them: a key with a value, with
// or without memory for elements; the target of a jump for each key; elements without a
// key; memory of the given number of bytes or pages; storage that is found through BTF.
var shapes = []mapAttr{
	{keySize: 4, valueSize: 8, maxEntries: 1},
	{keySize: 4, valueSize: 8, maxEntries: 1, mapFlags: unix.BPF_F_NO_PREALLOC},
	{keySize: 4, valueSize: 4, maxEntries: 1},
	{keySize: 4, valueSize: 16, maxEntries: 1},
	{valueSize: 8, maxEntries: 1},
	{maxEntries: 4096},
	{maxEntries: 1, mapFlags: unix.BPF_F_MMAPABLE},
}

// MakesMap reports whether the kernel makes a map of a type, by number, in one of the
// shapes that are tried. A map that is wanted in another shape has the same errors as a
// type that the kernel lacks.
func MakesMap(mapType uint32) bool {
	for _, attr := range shapes {
		attr.mapType = mapType
		if fd, errno := createMap(attr); errno == 0 {
			unix.Close(fd)
			return true
		}
	}
	return false
}
