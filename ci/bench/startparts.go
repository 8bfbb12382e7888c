package main

import (
	"fmt"
	"time"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/vms/kernel"
)

func bootPart(kernels []kernel.Image, all []startTimes) part {
	t := table.Table{Head: []string{"kernel", "bare init", "agent ready", "ratio", "added", "holds"}}
	for i, times := range all {
		bare, said := median(times.bare), median(times.said)
		ratio, added := said.Seconds()/bare.Seconds(), said-bare
		t.Add(kernels[i].Series, seconds(bare), seconds(said), fmt.Sprintf("%.2f", ratio), seconds(added),
			table.Holds(ratio <= 1.25 && added <= 500*time.Millisecond))
	}
	return part{
		title:  "Cold boot",
		about:  "From the call that starts a machine to the first byte that the guest sends, against the same machine with a shell script as init that says one word.",
		claim:  "at most 1.25 times the bare init, and at most 0.5 s more.",
		tables: []table.Table{t},
	}
}

func forkPart(kernels []kernel.Image, all []startTimes) part {
	t := table.Table{Head: []string{"kernel", "cold boot", "fork", "ratio", "holds"}}
	for i, times := range all {
		cold, fork := median(times.awake), median(times.fork)
		t.Add(kernels[i].Series, seconds(cold), fmt.Sprintf("%.3f s", fork.Seconds()), "1/"+fmt.Sprintf("%.1f", cold.Seconds()/fork.Seconds()),
			table.Holds(fork*20 <= cold && fork <= 150*time.Millisecond))
	}
	return part{
		title:  "Fork",
		about:  "From the call that starts a machine to its agent's answer: it knows who it is and takes work. The template is there; the process has checked it before. Five forks a round.",
		claim:  "at most 1/20 of the same kernel's cold boot, and at most 0.15 s.",
		tables: []table.Table{t},
	}
}

func templatePart(kernels []kernel.Image, all []startTimes) part {
	t := table.Table{Head: []string{"kernel", "cold boot", "template and fork", "added", "holds"}}
	for i, times := range all {
		cold, made := median(times.awake), median(times.made)
		t.Add(kernels[i].Series, seconds(cold), seconds(made), seconds(made-cold), table.Holds(made-cold <= 500*time.Millisecond))
	}
	return part{
		title:  "Making a template",
		about:  "The first start of a kernel boots, saves the machine and forks from it, to the agent's answer; a cold boot to the same answer is what it replaces. The initramfs is there for both.",
		claim:  "adds at most 0.5 s.",
		tables: []table.Table{t},
	}
}
