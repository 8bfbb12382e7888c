package wire

import (
	"encoding/binary"
	"encoding/json"
	"math"
)

// Ready is the guest's first frame after it was resumed.
type Ready struct {
	BootID string  `json:"-"` // /proc/sys/kernel/random/boot_id
	Uptime float64 `json:"-"` // seconds since the kernel started

	Release string `json:"release"`          // uname -r
	Machine string `json:"machine"`          // uname -m
	Memory  int64  `json:"memory"`           // bytes the kernel manages
	CPUs    int    `json:"cpus"`             //
	Window  int    `json:"window,omitempty"` // bytes of a call's data it can take unacknowledged, if more than Window

	Variant string  `json:"variant,omitempty"` // of the kernel, as its command line has it
	Unmet   []Unmet `json:"unmet,omitempty"`   // what of it did not take effect
}

// Unmet is a setting of the kernel's variant that did not take effect.
type Unmet struct {
	Setting string `json:"setting"` // "jit=off"
	Seen    string `json:"seen"`    // what the agent saw in place of it
}

// bootIDSize is that of a UUID as text, in bytes.
const bootIDSize = 36

// readyHead is what comes before the JSON of a ready frame: the boot id, and
// the uptime as a little-endian float64. They differ between copies of a
// machine; the rest is encoded before there are any.
const readyHead = bootIDSize + 8

// EncodeReady returns a ready frame's payload, all but its boot id and uptime, which
// Server.Ready puts in.
func EncodeReady(r Ready) ([]byte, error) {
	body, err := json.Marshal(r)
	return append(make([]byte, readyHead), body...), err
}

// Ready sends the first frame after the resume, of a payload that EncodeReady
// made. Calls that come in are answered from Serve on.
func (s *Server) Ready(payload []byte, bootID string, uptime float64) error {
	copy(payload[:bootIDSize], bootID)
	binary.LittleEndian.PutUint64(payload[bootIDSize:], math.Float64bits(uptime))
	return s.send(Frame{Kind: KindReady, Payload: payload})
}

func decodeReady(payload []byte) (Ready, error) {
	var r Ready
	if len(payload) < readyHead {
		return r, &ProtocolError{"ready frame is too short"}
	}
	if err := json.Unmarshal(payload[readyHead:], &r); err != nil {
		return r, &ProtocolError{"ready frame: " + err.Error()}
	}
	r.BootID = string(payload[:bootIDSize])
	r.Uptime = math.Float64frombits(binary.LittleEndian.Uint64(payload[bootIDSize:]))
	return r, nil
}
