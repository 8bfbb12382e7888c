package lease

import (
	"os/exec"
	"testing"
	"time"
)

func TestTextAndBack(t *testing.T) {
	self := Self()
	if got := Parse(self.String()); got != self {
		t.Errorf("%q is read as %+v, want %+v", self, got, self)
	}
	for _, text := range []string{"", "...", "a.b.c.d", "a.b.0.d", "a.b.-1.d", "a.b.1", "a.b.1.c.d"} {
		if got := Parse(text); got != (Owner{}) {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}

func TestState(t *testing.T) {
	ended := exec.Command("true")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	running := exec.Command("sleep", "60")
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	defer running.Wait()
	defer running.Process.Kill()
	self := Self()
	of := func(change func(*Owner)) Owner { t := self; change(&t); return t }
	for _, test := range []struct {
		name string
		tag  Owner
		want State
	}{
		{"nobody", Owner{}, Unknown},
		{"this process", self, Alive},
		{"another that runs", of(func(t *Owner) { t.PID, t.Start = running.Process.Pid, startOf(running.Process.Pid) }), Alive},
		{"one that has ended", of(func(t *Owner) { t.PID, t.Start = ended.Process.Pid, "" }), Dead},
		{"its number belongs to another now", of(func(t *Owner) { t.Start += "1" }), Dead},
		{"before the last boot", of(func(t *Owner) { t.Boot += "1" }), Dead},
		{"on another host", of(func(t *Owner) { t.Host += "1" }), Elsewhere},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := test.tag.State(); got != test.want {
				t.Errorf("%s is %s, want %s", test.tag, got, test.want)
			}
		})
	}
}

// A process whose parent does not ask for its status stays in the table.
func TestOwnerThatNobodyBuries(t *testing.T) {
	killed := exec.Command("sleep", "60")
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	defer killed.Wait()
	tag := Self()
	tag.PID, tag.Start = killed.Process.Pid, startOf(killed.Process.Pid)
	killed.Process.Kill()
	for range 500 {
		if tag.State() == Dead {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("a killed process is %s", tag.State())
}
