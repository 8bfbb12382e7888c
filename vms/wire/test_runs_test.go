package wire

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"testing"
)

func TestPacketsAndOutcomes(t *testing.T) {
	packets := [][]byte{{1, 2, 3}, nil, bytes.Repeat([]byte{7}, 70000)}
	outcomes := []Ran{{Returned: 2, Same: true}, {Error: 22}, {Returned: 1 << 31, Out: []byte{9}}}
	var sent, answered []byte
	for i := range packets {
		sent, answered = AppendPacket(sent, packets[i]), outcomes[i].Append(answered)
	}
	in, out := bytes.NewReader(sent), bytes.NewReader(answered)
	for i := range packets {
		if got, err := ReadPacket(in); err != nil || !bytes.Equal(got, packets[i]) {
			t.Errorf("packet %d: %d bytes, error %v", i, len(got), err)
		}
		if got, err := ReadRan(out); err != nil || !reflect.DeepEqual(got, outcomes[i]) {
			t.Errorf("outcome %d: %+v, error %v", i, got, err)
		}
	}
	if _, err := ReadPacket(in); err != io.EOF {
		t.Errorf("after the last packet: error %v", err)
	}
	if _, err := ReadRan(out); err != io.EOF {
		t.Errorf("after the last outcome: error %v", err)
	}
}

func TestOutcomesCutOff(t *testing.T) {
	whole := Ran{Out: []byte{1, 2, 3}}.Append(nil)
	for n := 1; n < len(whole); n++ {
		if _, err := ReadRan(bytes.NewReader(whole[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes: error %v", n, err)
		}
	}
	if _, err := ReadPacket(bytes.NewReader([]byte{255, 255, 255, 255})); err == nil {
		t.Error("4 GiB are no packet")
	}
}
