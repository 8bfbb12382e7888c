package wire

import "encoding/json"

// Rehearse encodes and decodes a message of each kind that labs send, and more besides. What
// package json learns of a type at its first use it keeps.
func Rehearse(more ...any) {
	for _, message := range append(more,
		new(callBody), new(Fault), new(Mark), new(MarkResult),
		new(Exec), new(ExecResult), new(Put), new(PutResult),
		new(Load), new(LoadResult), new(Attach), new(AttachResult),
		new(Open), new(OpenResult), new(Verify), new(VerifyResult),
		new(TraceResult), new(MapRead), new(MapResult), new(Watch), new(EventsResult),
		new(QuietAsk), new(Quiet), new(Probe), new(ProbeResult), new(Send), new(SendResult),
	) {
		if text, err := json.Marshal(message); err == nil {
			json.Unmarshal(text, message)
		}
	}
}
