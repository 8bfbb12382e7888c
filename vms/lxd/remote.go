package lxd

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared"
	"github.com/canonical/lxd/shared/api"
	"github.com/goccy/go-yaml"
)

// tokenVariable holds a token that makes a server trust this client: what
// `lxc config trust add` prints there.
const tokenVariable = "BPFLAB_LXD_TOKEN"

// remote is a server to be reached over the network.
type remote struct {
	name string // of lxc's list, "" for an address
	addr string // https://HOST:PORT or unix:PATH
	cert string // the server's certificate, "" if it is not known yet
}

// findRemote looks a name up in lxc's list; an address is its own.
func findRemote(name string) (remote, error) {
	if strings.HasPrefix(name, "https://") {
		return remote{addr: name}, nil
	}
	file := filepath.Join(configDir(), "config.yml")
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return remote{}, err
	}
	var config struct {
		Remotes map[string]struct{ Addr, Protocol string }
	}
	if err := yaml.Unmarshal(text, &config); err != nil {
		return remote{}, fmt.Errorf("%s: %w", file, err)
	}
	found, ok := config.Remotes[name]
	switch {
	case !ok && name == "local":
		return remote{name: name, addr: "unix://"}, nil
	case !ok:
		return remote{}, fmt.Errorf("lxc knows no remote %q (%s): %w", name, file, errNoRemote)
	case found.Protocol != "" && found.Protocol != "lxd":
		return remote{}, fmt.Errorf("remote %q serves images alone: its protocol is %s", name, found.Protocol)
	}
	cert, err := os.ReadFile(filepath.Join(configDir(), "servercerts", name+".crt"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return remote{}, err
	}
	return remote{name: name, addr: found.Addr, cert: string(cert)}, nil
}

var errNoRemote = errors.New("no such remote")

// configDir returns where lxc keeps its list and this client's certificate.
func configDir() string {
	if dir := os.Getenv("LXD_CONF"); dir != "" {
		return dir
	}
	home, _ := os.UserHomeDir()
	snap := filepath.Join(home, "snap", "lxd", "common", "config")
	if _, err := os.Stat(snap); err == nil {
		return snap
	}
	return filepath.Join(home, ".config", "lxc")
}

// dial connects with this client's certificate, and presents the token of
// $BPFLAB_LXD_TOKEN to a server that does not trust it yet.
func (r remote) dial(ctx context.Context) (*server, error) {
	args, err := clientCertificate()
	if err != nil {
		return nil, err
	}
	token, err := givenToken()
	if err != nil {
		return nil, err
	}
	args.TLSServerCert = r.cert
	if r.cert == "" && token != nil {
		if args.TLSServerCert, err = token.serverCertificate(ctx, r.addr); err != nil {
			return nil, err
		}
	}
	s, err := lxd.ConnectLXDWithContext(context.WithoutCancel(ctx), r.addr, args)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.addr, err)
	}
	info, _, err := s.GetServer()
	if err == nil && info.Auth != "trusted" && token != nil {
		err = token.present(s)
	}
	return &server{InstanceServer: s, where: strings.TrimPrefix(r.addr, "https://")}, err
}

// clientCertificate returns lxc's own, made if there is none.
func clientCertificate() (*lxd.ConnectionArgs, error) {
	crt, key := filepath.Join(configDir(), "client.crt"), filepath.Join(configDir(), "client.key")
	if err := os.MkdirAll(configDir(), 0o700); err != nil {
		return nil, err
	}
	if err := shared.FindOrGenCert(crt, key, true, shared.CertOptions{}); err != nil {
		return nil, fmt.Errorf("client certificate %s: %w", crt, err)
	}
	certText, err := os.ReadFile(crt)
	if err != nil {
		return nil, err
	}
	keyText, err := os.ReadFile(key)
	if err != nil {
		return nil, err
	}
	return &lxd.ConnectionArgs{TLSClientCert: string(certText), TLSClientKey: string(keyText)}, nil
}

// token is what `lxc config trust add` gave out.
type token struct {
	text        string
	fingerprint string // of the server's certificate
}

func givenToken() (*token, error) {
	text := os.Getenv(tokenVariable)
	if text == "" {
		return nil, nil
	}
	decoded, err := shared.CertificateTokenDecode(text)
	if err != nil {
		return nil, fmt.Errorf("%s holds no token of LXD's: %w", tokenVariable, err)
	}
	return &token{text, decoded.Fingerprint}, nil
}

// serverCertificate asks a server for its certificate, and takes it if it is
// the one that the token names.
func (t *token) serverCertificate(ctx context.Context, addr string) (string, error) {
	host := strings.TrimSuffix(strings.TrimPrefix(addr, "https://"), "/")
	dialer := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // its fingerprint is compared below
	conn, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	var cert *x509.Certificate = conn.(*tls.Conn).ConnectionState().PeerCertificates[0]
	if got := fmt.Sprintf("%x", sha256.Sum256(cert.Raw)); got != t.fingerprint {
		return "", fmt.Errorf("the certificate of %s has the fingerprint %s, and the token is for a server with %s", addr, got, t.fingerprint)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw})), nil
}

// present makes the server trust this client. Servers before explicit trust
// tokens take one as a password.
func (t *token) present(s lxd.InstanceServer) error {
	post := api.CertificatesPost{Name: "bpflab", Type: api.CertificateTypeClient, TrustToken: t.text}
	if !s.HasExtension("explicit_trust_token") {
		post.TrustToken, post.Password = "", t.text
	}
	if err := s.CreateCertificate(post); err != nil {
		return fmt.Errorf("the server does not take the token of %s: %w", tokenVariable, err)
	}
	return nil
}
