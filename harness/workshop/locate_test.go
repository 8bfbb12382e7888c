package workshop

import "testing"

func TestFailedInstruction(t *testing.T) {
	for name, c := range map[string]struct {
		log  string
		want int
	}{
		"the last one":     {"0: (b7) r1 = 0\n1: (61) r0 = *(u32 *)(r1 +0)\nR1 invalid mem access 'inv'\nprocessed 2 insns", 1},
		"named":            {"back-edge from insn 10 to 2\nprocessed 0 insns", 10},
		"none":             {"some words", -1},
		"empty":            {"", -1},
		"explained by 7.3": {"5: (95) exit\nR0 !read_ok\n\nVerification failed: x\n9: (95) exit\n", 5},
	} {
		if got := failedInstruction(c.log); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
}

func TestLineOf(t *testing.T) {
	code := []byte("// one\nint hello(void *ctx)\n{\n}\n")
	for text, want := range map[string]int{"hello(": 2, "// one": 1, "nothing": 0} {
		if got := lineOf(code, text); got != want {
			t.Errorf("%s: %d, want %d", text, got, want)
		}
	}
}

func TestSectionAt(t *testing.T) {
	code := []byte("SEC(\"xpd\")\nint far(void)\n{\n}\nSEC(\"xdp\")\nint near(void *ctx)\nint plain(void)\n{\n\treturn 0;\n}\n\nint alone(void)\n")
	for program, want := range map[string]int{"far": 1, "near": 5, "alone": 12, "none": 0} {
		if got := sectionAt(code, program); got != want {
			t.Errorf("%s: %d, want %d", program, got, want)
		}
	}
}

func TestReadNear(t *testing.T) {
	code := []byte("task->state\nx\nx\nBPF_CORE_READ(task, state)\npause.state\n")
	for to, want := range map[int]int{1: 1, 2: 1, 3: 4, 9: 4} {
		if got := readNear(code, "state", to); got != want {
			t.Errorf("near %d: %d, want %d", to, got, want)
		}
	}
	if got := readNear(code, "stat", 1); got != 0 {
		t.Errorf("part of a name: %d", got)
	}
}

func TestDefinedAt(t *testing.T) {
	code := []byte("// hello(this)\nSEC(\"lsm/hello\")\nint BPF_PROG(hello, int a)\n{ return hello2(a); }\nstatic int *hello2(int a)\n")
	for program, want := range map[string]int{"hello": 3, "hello2": 5, "hell": 0, "a": 0} {
		if got := definedAt(code, program); got != want {
			t.Errorf("%s: %d, want %d", program, got, want)
		}
	}
}
