package rpmrepo

import (
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
)

// builtAs returns the URLs at which the vendor's build system has a package with a signature of
// each key of the release: PACKAGES/kernel/VERSION/RELEASE/data/signed/KEY/ARCH/FILE, with the
// last eight digits of the key's number (the documentation of pungi, "signing_key_id"). Koji
// removes such files of old builds in time. Those of Fedora and of CentOS Stream have this form.
func (s *Source) builtAs(r release, file kernel.File) []string {
	version, build, ok := strings.Cut(file.Version, "-")
	if _, after, epoch := strings.Cut(version, ":"); epoch {
		version = after
	}
	keys, err := s.keys(r.keys)
	if s.builds == "" || !ok || err != nil {
		return nil
	}
	var urls []string
	for _, key := range keys {
		id := strings.ToLower(key.PrimaryKey.KeyIdString())
		name := file.Package + "-" + version + "-" + build + "." + architecture + ".rpm"
		urls = append(urls, strings.Join([]string{s.builds, "kernel", version, build, "data/signed", id[len(id)-8:], architecture, name}, "/"))
	}
	return urls
}
