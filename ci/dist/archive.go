package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
)

// file is one of an archive.
type file struct {
	name string
	mode int64
	text []byte
}

// archive writes a target's archive: bpflab_0.2.0_linux_amd64.tar.gz, of Windows a .zip.
func (r *release) archive(t target, docs documents) error {
	program, err := os.ReadFile(r.binary(t))
	if err != nil {
		return err
	}
	files := []file{{t.program(), 0o755, program}}
	for _, name := range docs.names() {
		files = append(files, file{"share/" + name, 0o644, docs[name]})
	}
	name := fmt.Sprintf("bpflab_%s_%s", r.number(), t)
	if t.os == "windows" {
		return r.write(name+".zip", func(w io.Writer) error { return writeZip(w, files, r.date) })
	}
	return r.write(name+".tar.gz", func(w io.Writer) error { return writeTarGz(w, files, r.date) })
}

// write writes a file of the release.
func (r *release) write(name string, write func(io.Writer) error) error {
	f, err := os.Create(filepath.Join(r.out, name))
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// writeTarGz writes files as root's, of one time.
func writeTarGz(w io.Writer, files []file, date time.Time) error {
	packed, err := gzip.NewWriterLevel(w, gzip.BestCompression)
	if err != nil {
		return err
	}
	return errors.Join(writeTar(packed, files, date), packed.Close())
}

// writeTar writes files, and each directory before what is in it.
func writeTar(w io.Writer, files []file, date time.Time) error {
	t := tar.NewWriter(w)
	for _, f := range withDirectories(files) {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.text)), ModTime: date, Uname: "root", Gname: "root", Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if f.text == nil {
			h.Typeflag = tar.TypeDir
		}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if _, err := io.Copy(t, bytes.NewReader(f.text)); err != nil {
			return err
		}
	}
	return t.Close()
}

// withDirectories returns files with their directories, which have no text.
func withDirectories(files []file) (all []file) {
	seen := map[string]bool{}
	for _, f := range files {
		for i, c := range f.name {
			if dir := f.name[:i] + "/"; c == '/' && !seen[dir] {
				seen[dir] = true
				all = append(all, file{dir, 0o755, nil})
			}
		}
		all = append(all, f)
	}
	return all
}

// writeZip writes files of one time.
func writeZip(w io.Writer, files []file, date time.Time) error {
	z := zip.NewWriter(w)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: date}
		h.SetMode(os.FileMode(f.mode))
		to, err := z.CreateHeader(h)
		if err != nil {
			return err
		}
		if _, err := to.Write(f.text); err != nil {
			return err
		}
	}
	return z.Close()
}
