package verify

// withRelease returns a kernel's selector and its release, "latest (7.3.0-amd64)".
func withRelease(selector, release string) string {
	if release == "" || release == selector {
		return clean(selector)
	}
	return clean(selector + " (" + release + ")")
}

// kernelName returns a kernel's selector, with the release if the selector names none, as
// "latest".
func (r Result) kernelName() string {
	if r.Kernel != "" && r.Kernel[0] >= '0' && r.Kernel[0] <= '9' {
		return clean(r.Kernel)
	}
	return withRelease(r.Kernel, r.Release)
}

// sinceName returns the kernel that accepts a rejected program.
func (r Reason) sinceName() string { return withRelease(*r.Since, r.SinceRelease) }
