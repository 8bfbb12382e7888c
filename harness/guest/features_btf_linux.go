package guest

import (
	"encoding/binary"
	"slices"

	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/wire"
)

// btfKinds returns a type of each kind.
func btfKinds() map[string]btf.Type {
	number := &btf.Int{Name: "int", Size: 4, Encoding: btf.Signed}
	member := []btf.Member{{Name: "a", Type: number}}
	proto := &btf.FuncProto{Return: number, Params: []btf.FuncParam{{Name: "a", Type: number}}}
	variable := &btf.Var{Name: "v", Type: number, Linkage: btf.GlobalVar}
	tagged := &btf.Struct{Name: "t", Size: 4, Members: member, Tags: []string{"tag"}}
	return map[string]btf.Type{
		"Int": number, "Ptr": &btf.Pointer{Target: number}, "Array": &btf.Array{Index: number, Type: number, Nelems: 2},
		"Struct": &btf.Struct{Name: "s", Size: 4, Members: member}, "Union": &btf.Union{Name: "u", Size: 4, Members: member},
		"Enum": &btf.Enum{Name: "e", Size: 4, Values: []btf.EnumValue{{Name: "E", Value: 1}}},
		"Fwd":  &btf.Fwd{Name: "f"}, "Typedef": &btf.Typedef{Name: "d", Type: number},
		"Volatile": &btf.Volatile{Type: number}, "Const": &btf.Const{Type: number}, "Restrict": &btf.Restrict{Type: &btf.Pointer{Target: number}},
		"FuncProto": proto, "Func": &btf.Func{Name: "g", Type: proto},
		"Var": variable, "DataSec": &btf.Datasec{Name: ".data", Size: 4, Vars: []btf.VarSecinfo{{Type: variable, Size: 4}}},
		"Float": &btf.Float{Name: "float", Size: 4}, "DeclTag": tagged, "TypeTag": &btf.Pointer{Target: &btf.TypeTag{Type: number, Value: "tag"}},
		"Enum64": &btf.Enum{Name: "e", Size: 8, Values: []btf.EnumValue{{Name: "E", Value: 1 << 40}}},
	}
}

// askBTF loads each kind of type by itself, with what it refers to.
func askBTF(out *wire.FeaturesResult) {
	for kind, t := range btfKinds() {
		raw, err := rawBTF(t)
		if err != nil {
			out.Add(wire.KindBTFKind, kind, wire.Answer{Inconclusive: true, Note: err.Error()})
			continue
		}
		out.Add(wire.KindBTFKind, kind, wire.Answer{Supported: probe.TakesBTF(raw)})
	}
}

// rawBTF encodes a type. The linkage of functions, which came later than they, is
// left out.
func rawBTF(t btf.Type) ([]byte, error) {
	b, err := btf.NewBuilder([]btf.Type{t}, nil)
	if err != nil {
		return nil, err
	}
	return b.Marshal(nil, &btf.MarshalOptions{Order: binary.NativeEndian, StripFuncLinkage: true})
}

// kfuncs are functions of the kernel that programs are known to call, which kernels without
// tags in their BTF are asked for too. Those for struct_ops alone are not among them.
var kfuncs = []string{
	"bpf_key_put", "bpf_obj_new_impl", "bpf_obj_drop_impl", "bpf_list_push_front_impl", "bpf_task_acquire",
	"bpf_task_from_pid", "bpf_cast_to_kern_ctx", "bpf_rdonly_cast", "bpf_rcu_read_lock", "bpf_rbtree_add_impl", "bpf_cgroup_from_id",
	"bpf_dynptr_slice", "bpf_iter_num_new", "bpf_dynptr_adjust", "bpf_iter_task_new", "bpf_throw", "bpf_iter_bits_new",
	"bpf_arena_alloc_pages", "bpf_wq_init", "bpf_preempt_disable", "bpf_copy_from_user_str", "bpf_get_kmem_cache", "bpf_local_irq_save",
}

// askKfuncs calls each function that the kernel's BTF names, with each target. One that no
// target may call may be for struct_ops programs, which are not asked.
func askKfuncs(out *wire.FeaturesResult, kernel *btf.Spec, targets map[string]probe.Target) {
	tagged := taggedKfuncs(kernel)
	if len(tagged) > 0 {
		out.Listed = append(out.Listed, wire.KindKfunc)
	}
	names := append(slices.Clone(kfuncs), tagged...)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		answer := wire.Answer{Note: "it is not in the kernel's BTF"}
		if id, ok := functionID(kernel, name); ok {
			answer = byTarget(targets, func(t probe.Target) bool { return probe.HasKfunc(t, id) })
		}
		if !answer.Supported && slices.Contains(tagged, name) {
			answer.Named, answer.Note = true, "named by the kernel; no kind of program that was asked may call it"
		}
		out.Add(wire.KindKfunc, name, answer)
	}
}

func functionID(kernel *btf.Spec, name string) (uint32, bool) {
	var f *btf.Func
	if kernel == nil || kernel.TypeByName(name, &f) != nil {
		return 0, false
	}
	id, err := kernel.TypeID(f)
	return uint32(id), err == nil
}
