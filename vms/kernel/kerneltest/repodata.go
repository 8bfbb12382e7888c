package kerneltest

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"path"
	"strings"
	"time"
)

// RPMFile is one package of a repository.
type RPMFile struct {
	RPM
	Path string // below the repository; "" means its usual name
	Body []byte // as RPM.Pack made it
}

// AddRPMs places a repository of packages at root, whose metadata was made at the time, and
// signs its repomd.xml unless key is zero.
func (r *Repository) AddRPMs(root string, made time.Time, key Key, packages ...RPMFile) {
	var list strings.Builder
	list.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm">` + "\n")
	for _, p := range packages {
		if p.Path == "" {
			p.Path = fmt.Sprintf("Packages/%s-%s-%s.x86_64.rpm", p.Name, p.Version, p.Release)
		}
		r.Put(path.Join(root, p.Path), p.Body)
		fmt.Fprintf(&list, `<package type="rpm"><name>%s</name><arch>x86_64</arch><version epoch="0" ver="%s" rel="%s"/>
<checksum type="sha256" pkgid="YES">%x</checksum><size package="%d"/><location href="%s"/></package>`+"\n",
			p.Name, p.Version, p.Release, sha256.Sum256(p.Body), len(p.Body), p.Path)
	}
	list.WriteString("</metadata>\n")
	primary := gzipped(list.String())
	name := fmt.Sprintf("repodata/%x-primary.xml.gz", sha256.Sum256(primary))
	r.Put(root+"/"+name, primary)
	index := fmt.Appendf(nil, `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>%d</revision>
<data type="primary"><checksum type="sha256">%x</checksum><location href="%s"/><timestamp>%d</timestamp><size>%d</size></data>
</repomd>
`, made.Unix(), sha256.Sum256(primary), name, made.Unix(), len(primary))
	r.Put(root+"/repodata/repomd.xml", index)
	if key.entity != nil {
		r.Put(root+"/repodata/repomd.xml.asc", key.Detached(index, made, true))
	}
}

func gzipped(text string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write([]byte(text))
	must(err)
	must(w.Close())
	return b.Bytes()
}
