package probe

import (
	"errors"
	"regexp"

	"golang.org/x/sys/unix"
)

// noHelper is what the verifier says of a helper that the kernel does not have,
// or not for the type of program (check_helper_call in kernel/bpf/verifier.c).
var noHelper = regexp.MustCompile(`invalid func unknown#|unknown func |program of this type cannot use helper`)

// errNoType is a program type that the kernel does not have.
var errNoType = errors.New("the kernel has no programs of this type")

// HasHelper says whether programs of a type may call a helper, by number. It
// loads a program that calls it without arguments: a kernel that has it complains
// of those. attachType is for types that must name one.
func HasHelper(progType, attachType uint32, helper int32) (bool, error) {
	accepted, log := loadAs(progType, attachType, calling(helper))
	switch {
	case accepted:
		return true, nil
	case noHelper.MatchString(log):
		return false, nil
	case log == "":
		return false, errNoType
	}
	return true, nil
}

// calling calls a helper without arguments.
func calling(helper int32) []byte {
	return join(insn(opCall, 0, 0, helper), straightLine(2))
}

// loadAs loads a program of a type and closes it; it returns the verifier's log.
func loadAs(progType, attachType uint32, insns []byte) (accepted bool, said string) {
	log := newLog(4 << 10)
	defer log.close()
	fd, errno := loadFD(progType, attachType, insns, log, logInsns)
	if errno == 0 {
		unix.Close(fd)
	}
	return errno == 0, log.text()
}
