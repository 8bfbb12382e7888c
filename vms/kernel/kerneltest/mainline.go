package kerneltest

import (
	"crypto/sha1"
	"crypto/sha256"
	"fmt"
	"strings"
	"time"
)

// MainlineBuild puts a build of upstream's version on a mirror in the layout of
// kernel.ubuntu.com/mainline, with its line in the index and the key where a key server has
// it. Dir is that of CHECKSUMS: "v6.6.9/amd64".
func MainlineBuild(mirror *Repository, key Key, at time.Time, dir string, packages []Package) {
	build, _, _ := strings.Cut(dir, "/")
	index := string(mirror.Get(""))
	if line := `<a href="` + build + `/">` + build + "/</a>\n"; !strings.Contains(index, line) {
		mirror.Put("", []byte(index+line))
	}
	mirror.Put("pks/lookup", key.Public())
	sums := map[string]string{}
	for _, p := range packages {
		name := fmt.Sprintf("%s_%s_amd64.deb", p.Name, p.Version)
		mirror.Put(dir+"/"+name, p.Body)
		sums["Sha1"] += fmt.Sprintf("%x  %s\n", sha1.Sum(p.Body), name)
		sums["Sha256"] += fmt.Sprintf("%x  %s\n", sha256.Sum256(p.Body), name)
	}
	text := []byte("# Checksums-Sha1:\n" + sums["Sha1"] + "\n# Checksums-Sha256:\n" + sums["Sha256"])
	mirror.Put(dir+"/CHECKSUMS", text)
	mirror.Put(dir+"/CHECKSUMS.gpg", key.Detached(text, at, true))
}
