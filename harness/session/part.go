package session

import (
	"strconv"
	"strings"
)

// part returns what a path as in C, such as by.size or slots[3], names of a decoded value:
// all of it if the path is empty, nil if there is no such part.
func part(v any, path string) any {
	for _, name := range strings.FieldsFunc(path, isJoint) {
		switch whole := v.(type) {
		case map[string]any:
			v = whole[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(whole) {
				return nil
			}
			v = whole[i]
		default:
			return nil
		}
	}
	return v
}

func isJoint(r rune) bool { return r == '.' || r == '[' || r == ']' }
