package scheduler

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// A kernel that cannot be as its variant says is neither used nor tried again; a machine
// that was not booted as asked for is not used either.
func TestVariantsThatDidNotTakeEffect(t *testing.T) {
	unmet := []string{"jit=off"}
	for name, tt := range map[string]struct {
		fake     *vmstest.Fake
		machines int32
		wrong    string
	}{
		"booted as asked for": {&vmstest.Fake{}, 1, ""},
		"not possible":        {&vmstest.Fake{Unmet: unmet}, 1, "cannot have +jit=off"},
		"ignored":             {&vmstest.Fake{NoVariant: true}, 2, `was to be "jit=off"`},
	} {
		t.Run(name, func(t *testing.T) {
			tasks := onKernels(1, 512*mib)
			tasks[0].Machine.Kernel.Variant = "jit=off"
			used := 0
			testPool(t, tt.fake, Options{Retries: 1}).Each(t.Context(), tasks, func(_ int, slot *Slot) {
				err := slot.Do(t.Context(), func(context.Context, *Attempt) error { used++; return nil }, nil)
				if tt.wrong == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.wrong) {
					t.Errorf("error %v, want %q", err, tt.wrong)
				}
				if unsupported := errors.As(err, new(*vms.UnsupportedError)); unsupported != (tt.fake.Unmet != nil) {
					t.Errorf("%v: unsupported %v", err, unsupported)
				}
			})
			if started := tt.fake.Started.Load(); started != tt.machines || used == 1 != (tt.wrong == "") {
				t.Errorf("%d machines, used %d times; want %d machines", started, used, tt.machines)
			}
		})
	}
}

// A variant's memory is the machine's, whatever the task asks for, and is not enlarged.
func TestMemoryOfAVariant(t *testing.T) {
	fake := &vmstest.Fake{}
	tasks := onKernels(1, 3*gib)
	tasks[0].Machine.Kernel.Variant = "mem=512M"
	testPool(t, fake, Options{Retries: 1}).Each(t.Context(), tasks, func(_ int, slot *Slot) {
		err := slot.Do(t.Context(), func(context.Context, *Attempt) error { return fmt.Errorf("load: %w", vms.ErrMemory) }, nil)
		if err == nil || !strings.Contains(err.Error(), "the memory that +mem=512M gives it") {
			t.Errorf("error %v", err)
		}
	})
	if specs := fake.Specs(); len(specs) != 1 || specs[0].Memory != 512*mib {
		t.Errorf("machines: %+v", specs)
	}
}
