package guest

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// What is rehearsed is a program: nobody would notice one that never loads.
func TestRehearsalIsAProgram(t *testing.T) {
	insns := rehearsal().Programs["rehearsal"].Instructions
	if err := insns.AssociateMap("rehearsal", fakeFD(3)); err != nil {
		t.Fatal(err)
	}
	var code bytes.Buffer
	if err := insns.Marshal(&code, binary.LittleEndian); err != nil || code.Len() != int(insns.Size()) {
		t.Errorf("%d bytes of %d, %v", code.Len(), insns.Size(), err)
	}
}

// fakeFD is a map of that number, which is not there.
type fakeFD int

func (fd fakeFD) FD() int { return int(fd) }
