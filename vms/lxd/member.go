package lxd

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/canonical/lxd/shared/api"
	"golang.org/x/sync/semaphore"
)

// member is one server of a cluster, or the only server. Facts about it are determined
// once.
type member struct {
	name string // "" where there is no cluster

	learning *semaphore.Weighted // guards what follows
	dir      string              // its LXD_DIR
	launched bool                // a guest has run on it
	emulates bool                // and not in KVM

	placing sync.Mutex // guards what follows
	running int        // this process's machines on it
	trouble time.Time  // when it was last seen not to answer
}

// at returns the member of the name.
func (p *Provider) at(name string) *member {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.members[name] == nil {
		p.members[name] = &member{name: name, learning: semaphore.NewWeighted(1)}
	}
	return p.members[name]
}

// on returns the server's API with requests sent to the member.
func (s *server) on(name string) *server {
	if name == "" {
		return s
	}
	other := *s
	other.InstanceServer = s.UseTarget(name)
	return &other
}

// home returns the member's LXD_DIR.
func (m *member) home(ctx context.Context, s *server, pool string) (string, error) {
	if err := m.learning.Acquire(ctx, 1); err != nil {
		return "", err
	}
	defer m.learning.Release(1)
	if m.dir == "" {
		dir, err := s.on(m.name).directory(pool)
		if err != nil {
			return "", err
		}
		m.dir = dir
	}
	return m.dir, nil
}

// snapDirectory is the LXD_DIR of LXD's snap, which is how it is delivered.
const snapDirectory = "/var/snap/lxd/common/lxd"

// directory returns the server's LXD_DIR, below which it has all files: where its
// socket is, or where the pool says that its files are.
func (s *server) directory(pool string) (string, error) {
	if s.dir != "" && !s.info.Environment.ServerClustered {
		return s.dir, nil
	}
	got, _, err := s.GetStoragePool(pool)
	if err != nil {
		return "", err
	}
	for _, below := range []string{"/storage-pools/", "/disks/"} {
		if dir, _, ok := strings.Cut(got.Config["source"], below); ok {
			return dir, nil
		}
	}
	return snapDirectory, nil
}

// avoidFor is how long a member that did not answer gets no machine.
const avoidFor = time.Minute

// setUnresponsive marks a member that did not answer.
func (m *member) setUnresponsive() {
	m.placing.Lock()
	defer m.placing.Unlock()
	m.trouble = time.Now()
}

// blame finds the member whose address an error names, and records that it did not answer.
// It returns false if there is none, or if that was known.
func (p *Provider) blame(s *server, err error) bool {
	if !s.info.Environment.ServerClustered || !unreachable(err) || p.options.Target != "" && p.options.Target[0] != '@' {
		return false
	}
	members, listErr := p.candidates(s)
	if listErr != nil {
		return false
	}
	for _, m := range members {
		address := strings.TrimPrefix(m.URL, "https://")
		if _, sick := p.at(m.ServerName).load(); !sick && strings.Contains(err.Error(), address) {
			p.at(m.ServerName).setUnresponsive()
			return true
		}
	}
	return false
}

// count adds to the number of this process's machines on the member.
func (m *member) count(n int) {
	m.placing.Lock()
	defer m.placing.Unlock()
	m.running += n
}

func (m *member) load() (running int, sick bool) {
	m.placing.Lock()
	defer m.placing.Unlock()
	return m.running, time.Since(m.trouble) < avoidFor
}

// target returns where the next machine goes. LXD places it, in the target that
// was asked for; but while a member does not answer and LXD may not have
// noticed yet, the least busy of the others is named.
func (p *Provider) target(s *server) (string, error) {
	if !s.info.Environment.ServerClustered {
		if p.options.Target != "" {
			return "", fmt.Errorf("--target %s: clustering isn't enabled on this server", p.options.Target)
		}
		return "", nil
	}
	if !p.anyUnresponsive() || p.options.Target != "" && p.options.Target[0] != '@' {
		return p.options.Target, nil
	}
	members, err := p.candidates(s)
	if err != nil {
		return "", err
	}
	var best []string
	for _, m := range members {
		if _, sick := p.at(m.ServerName).load(); !sick && m.Status == "Online" {
			best = append(best, m.ServerName)
		}
	}
	if len(best) == 0 {
		return p.options.Target, nil
	}
	return slices.MinFunc(best, func(a, b string) int {
		x, _ := p.at(a).load()
		y, _ := p.at(b).load()
		return cmp.Compare(x, y)
	}), nil
}

func (p *Provider) anyUnresponsive() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, m := range p.members {
		if _, sick := m.load(); sick {
			return true
		}
	}
	return false
}

// candidates returns the members of the target.
func (p *Provider) candidates(s *server) ([]api.ClusterMember, error) {
	all, err := s.GetClusterMembers()
	if err != nil {
		return nil, err
	}
	want := p.options.Target
	chosen := slices.DeleteFunc(all, func(m api.ClusterMember) bool {
		group, isGroup := strings.CutPrefix(want, "@")
		return want != "" && (isGroup && !slices.Contains(m.Groups, group) || !isGroup && m.ServerName != want)
	})
	if len(chosen) == 0 {
		return nil, fmt.Errorf("--target %s: the cluster has no such member or group; lxc cluster list shows them", want)
	}
	return chosen, nil
}

// perMachine is what a machine takes of a member's memory, in bytes, with all
// that LXD and QEMU need besides.
const perMachine = 512 << 20

// jobs returns how many machines the members that are online have cores and memory
// for.
func (p *Provider) jobs(_ context.Context, s *server) (int, error) {
	if !s.info.Environment.ServerClustered {
		if _, err := p.target(s); err != nil {
			return 0, err
		}
		return room(s)
	}
	members, err := p.candidates(s)
	if err != nil {
		return 0, err
	}
	sum := 0
	for _, m := range members {
		if m.Status != "Online" {
			continue
		}
		n, err := room(s.on(m.ServerName))
		if err != nil {
			return 0, fmt.Errorf("cluster member %s: %w", m.ServerName, err)
		}
		sum += n
	}
	if sum == 0 {
		return 0, fmt.Errorf("no member of the cluster is online")
	}
	return sum, nil
}

// room returns how many machines one server has cores and memory for.
func room(s *server) (int, error) {
	r, err := s.GetServerResources()
	if err != nil {
		return 0, err
	}
	free := int64(r.Memory.Total) - int64(r.Memory.Used)
	return int(max(1, min(int64(r.CPU.Total), free/perMachine))), nil
}
