package lxdtest

import (
	"fmt"
	"net"
	"testing"
)

// StartCluster starts a cluster of n members, on loopback addresses of their
// own, and makes its first member this host's server for the test. All are gone
// when the test ends.
func StartCluster(t *testing.T, n int) []*Server {
	t.Helper()
	needed(t)
	var members []*Server
	for i := range n {
		name := fmt.Sprintf("member%d", i+1)
		s := launch(t, name, freeAddress(t, fmt.Sprintf("127.0.0.%d", 11+i)))
		text := fmt.Sprintf("config: {core.https_address: %q}\ncluster: {server_name: %s, enabled: true}\n%s", s.addr, name, preseed)
		if i > 0 {
			text = fmt.Sprintf("cluster: {enabled: true, server_name: %s, server_address: %q, cluster_token: %q}\n", name, s.addr, members[0].LXC(t, "cluster", "add", name, "-q"))
		}
		if err := s.lxd(text, "init", "--preseed"); err != nil {
			t.Fatal(err)
		}
		members = append(members, s)
	}
	members[0].Use(t)
	return members
}

// freeAddress returns an address that nothing listens on.
func freeAddress(t *testing.T, ip string) string {
	t.Helper()
	l, err := net.Listen("tcp", ip+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
