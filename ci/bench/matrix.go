package main

import (
	"context"
	"fmt"
	"time"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/vms/kernel"
)

// matrixSizes are in cells.
var matrixSizes = []int{1, 4, 16, 64, 256}

// batch is one size of a matrix. A size with fewer cells than kernels is run
// once for each kernel, so that every size is of the same mixture.
type batch struct {
	cells int
	runs  [][]kernel.Image // the kernels of each run
	again int              // --repeat of each run
}

// makeBatch spreads the cells over the kernels; what cannot be spread evenly is
// run on fewer.
func makeBatch(cells int, kernels []kernel.Image) batch {
	n := min(cells, len(kernels))
	for cells%n > 0 {
		n--
	}
	out := batch{cells: cells, again: cells / n}
	for first := 0; first+n <= len(kernels); first += n {
		out.runs = append(out.runs, kernels[first:first+n])
	}
	return out
}

// matrixRow is what one size took, a run of it.
type matrixRow struct {
	cells  int
	wall   time.Duration
	cpu    time.Duration
	memory machineMemory
}

func (r matrixRow) wallPerCell() time.Duration { return r.wall / time.Duration(r.cells) }
func (r matrixRow) cpuPerCell() time.Duration  { return r.cpu / time.Duration(r.cells) }

// matrix measures the sizes with the first lab and with an empty one.
func (b *bench) matrix(ctx context.Context) ([]part, error) {
	empty, err := b.writeEmptyLab("empty", "true")
	if err != nil {
		return nil, err
	}
	overhead, err := b.matrixRows(ctx, "overhead", empty, false)
	if err != nil {
		return nil, err
	}
	hello, err := b.matrixRows(ctx, "matrix", "hello", true)
	if err != nil {
		return nil, err
	}
	return []part{matrixPart(len(b.usualKernels()), hello), overheadPart(overhead)}, nil
}

func (b *bench) matrixRows(ctx context.Context, what, lab string, memory bool) ([]matrixRow, error) {
	kernels := b.usualKernels()
	if _, err := b.bpflab(ctx, nil, b.runArgs(lab, kernels, 1)...); err != nil { // fills the cache
		return nil, err
	}
	var rows []matrixRow
	for _, cells := range matrixSizes {
		row, err := b.matrixRow(ctx, what, lab, makeBatch(cells, kernels), memory)
		if err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// matrixRounds returns 1 for what takes long: many cells are many rounds by
// themselves.
func matrixRounds(cells, rounds int) int {
	if cells > 2*usual {
		return 1
	}
	return rounds
}

func (b *bench) matrixRow(ctx context.Context, what, lab string, of batch, memory bool) (matrixRow, error) {
	row := matrixRow{cells: of.cells, memory: machineMemory{}}
	var walls, cpus []time.Duration
	for i := range matrixRounds(of.cells, b.rounds) {
		b.say("%s of %d cells: round %d", what, of.cells, i+1)
		used, err := b.runBatch(ctx, lab, of, row.watch(memory))
		if err != nil {
			return row, err
		}
		walls, cpus = append(walls, used.wall), append(cpus, used.cpu)
	}
	row.wall, row.cpu = median(walls), median(cpus)
	return row, nil
}

func (r matrixRow) watch(memory bool) func(int) {
	if !memory {
		return nil
	}
	return r.memory.look
}

// runBatch measures the batch's runs and returns their mean.
func (b *bench) runBatch(ctx context.Context, lab string, of batch, watch func(int)) (usage, error) {
	var sum usage
	for _, kernels := range of.runs {
		used, err := b.bpflab(ctx, watch, b.runArgs(lab, kernels, of.again)...)
		if err != nil {
			return sum, err
		}
		sum.wall += used.wall
		sum.cpu += used.cpu
	}
	n := time.Duration(len(of.runs))
	return usage{sum.wall / n, sum.cpu / n}, nil
}

func matrixPart(kernels int, rows []matrixRow) part {
	t := table.Table{Head: []string{"cells", "wall time", "wall time per cell", "CPU time per cell", "memory of a machine, mean", "max"}}
	for _, r := range rows {
		t.Add(fmt.Sprint(r.cells), seconds(r.wall), seconds(r.wallPerCell()), seconds(r.cpuPerCell()),
			megabytes(r.memory.mean()), megabytes(r.memory.max()))
	}
	return part{
		title: "The matrix",
		about: fmt.Sprintf("`bpflab run hello --repeat N` warm, on %d kernels, as many machines at a time as there are cores. ", kernels) +
			"One cell is run once on each kernel, and the mean is given; more than 8 cells are one round. " +
			"CPU time is that of bpflab and all its machines. Memory is the most proportional memory that a machine was seen with, five times a second.",
		tables: []table.Table{t},
	}
}

// flat is how much more than one cell alone a cell among many may take: what
// repeated runs differ by.
const flat = 1.25

func overheadPart(rows []matrixRow) part {
	t := table.Table{Head: []string{"cells", "wall time", "wall time per cell", "CPU time per cell", "against one cell", "holds"}}
	for _, r := range rows {
		ratio := r.cpuPerCell().Seconds() / rows[0].cpuPerCell().Seconds()
		t.Add(fmt.Sprint(r.cells), seconds(r.wall), seconds(r.wallPerCell()), seconds(r.cpuPerCell()), fmt.Sprintf("%.2f", ratio),
			table.Holds(ratio <= flat && r.cpuPerCell() <= 400*time.Millisecond))
	}
	return part{
		title:  "Overhead per cell",
		about:  "The same with a lab that runs `true` and looks at its exit status: all that such a cell takes is overhead.",
		claim:  fmt.Sprintf("at most 0.4 s of one core, and flat: at most %.2f times what a cell alone takes.", flat),
		tables: []table.Table{t},
	}
}
