package probe

// noAttachType is a number that no kernel has given to an attach type.
const noAttachType = 1 << 15

// TakesAttachType reports whether the kernel takes a program for a target as what attaches
// in a way, by number, and would not take it for any number. So no says nothing: kernels
// look at some attach types only when a link is made.
func TakesAttachType(t Target, attach uint32) bool {
	other := t
	t.Attach, other.Attach = attach, noAttachType
	return (Accepts(t, 0) || Accepts(t, 1)) && !Accepts(other, 0) && !Accepts(other, 1)
}
