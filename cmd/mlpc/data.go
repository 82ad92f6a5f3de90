package main

import (
	"archive/zip"
	"encoding/csv"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
	"mlpc/npz"
	"mlpc/passes"
)

// dataset is what a --data or --eval file holds for one model.
type dataset struct {
	rows *passes.Rows
	want [][]*npz.Array // expected outputs by number: outK, then further references outK_NAME for the same output
}

// readData reads an .npz or .csv file for the inputs of g. Text labels become indexes into labels.
func readData(path string, g *ir.Graph, labels []string) (*dataset, error) {
	var arrays map[string]*npz.Array
	var err error
	if strings.EqualFold(filepath.Ext(path), ".csv") {
		arrays, err = readCSV(path, g)
	} else {
		arrays, err = npz.Read(path)
	}
	if errors.Is(err, zip.ErrFormat) {
		return nil, diag.New(diag.CodeFormat, diag.Pos{File: filepath.Base(path)}, "this is no archive of NumPy arrays").
			WithHint("give an .npz archive, or a table whose name ends in .csv")
	}
	if err != nil {
		return nil, fileError(path, err)
	}
	d := &dataset{}
	if d.rows, err = bindRows(path, arrays, g); err != nil {
		return nil, err
	}
	if err := d.answers(path, arrays, g, labels); err != nil {
		return nil, err
	}
	for k := 0; arrays[fmt.Sprintf("out%d", k)] != nil; k++ {
		d.want = append(d.want, references(arrays, fmt.Sprintf("out%d", k)))
	}
	return d, nil
}

// references gives an expected output and what other tools computed for it, in alphabetical order.
func references(arrays map[string]*npz.Array, name string) []*npz.Array {
	list := []*npz.Array{arrays[name]}
	for _, other := range names(arrays) {
		if strings.HasPrefix(other, name+"_") && arrays[other].Len() == arrays[name].Len() {
			list = append(list, arrays[other])
		}
	}
	return list
}

// fileError puts a file's name in front of what went wrong with it.
func fileError(path string, err error) error {
	var de *diag.Error
	if errors.As(err, &de) {
		return err
	}
	code, hint := diag.CodeFormat, ""
	var pe *fs.PathError
	if errors.As(err, &pe) {
		code, err, hint = diag.CodeFile, pe.Err, "check the path"
	}
	return diag.New(code, diag.Pos{File: filepath.Base(path)}, "%v", err).WithHint("%s", hint)
}

// bindRows gives each input its array: by number (in0, in1, …), by its own name, or x for the only one.
func bindRows(path string, arrays map[string]*npz.Array, g *ir.Graph) (*passes.Rows, error) {
	pos := diag.Pos{File: filepath.Base(path)}
	var errs diag.List
	rows := &passes.Rows{}
	for i, in := range g.Inputs() {
		name, a := findInput(arrays, i, in.Name)
		if a == nil || a.Texts != nil {
			errs.Addf(diag.CodeData, pos, "no array for input %q", in.Name).
				WithHint("name it in%d, %q or, for the only input, x; the file has %s", i, in.Name, strings.Join(names(arrays), ", "))
			continue
		}
		t, err := toReals(a, in, arrays[name+"_scale"])
		if err != nil {
			errs.Addf(diag.CodeData, pos, "array %s for input %q: %v", name, in.Name, err)
			continue
		}
		for k, x := range t.Reals {
			if math.IsNaN(x) || math.IsInf(x, 0) {
				errs.Addf(diag.CodeData, pos, "input %q has %v in row %d of the data", in.Name, x, k/max(1, t.Size())+1).WithHint("drop the row, or replace the value")
				break
			}
		}
		rows.Ins = append(rows.Ins, t)
	}
	if err := errs.Err(); err != nil {
		return nil, err
	}
	return rows, nil
}

func names(arrays map[string]*npz.Array) []string {
	var list []string
	for n := range arrays {
		list = append(list, n)
	}
	slices.Sort(list)
	return list
}

func findInput(arrays map[string]*npz.Array, i int, name string) (string, *npz.Array) {
	for _, n := range []string{fmt.Sprintf("in%d", i), name} {
		if a := arrays[n]; a != nil {
			return n, a
		}
	}
	if i == 0 {
		return "x", arrays["x"]
	}
	return "", nil
}

// toReals makes rows of an input from an array whose first axis counts rows, times an optional scale. An array of the input's own shape
// is one row.
func toReals(a *npz.Array, in *ir.Value, scale *npz.Array) (*ir.Tensor, error) {
	size := in.Type.Size()
	if len(a.Shape) > 0 && slices.Equal(a.Shape, in.Type.Shape) {
		a = &npz.Array{Shape: append([]int{1}, a.Shape...), Ints: a.Ints, Reals: a.Reals, Texts: a.Texts}
	}
	if len(a.Shape) == 0 || a.Shape[0] == 0 || a.Len()%max(size, 1) != 0 || a.Len()/max(size, 1) != a.Shape[0] && !fixedBatch(a, in) {
		return nil, fmt.Errorf("shape %v does not hold rows of %v", a.Shape, in.Type.Shape)
	}
	t := ir.NewReals(a.Len()/max(size, 1), in.Type.Shape)
	factor := 1.0
	if scale != nil && scale.Len() == 1 {
		factor = scale.Float(0)
	}
	for i := range t.Reals {
		t.Reals[i] = a.Float(i)
		if factor != 1 {
			t.Reals[i] = float64(float32(t.Reals[i]) * float32(factor)) // the network takes float32 inputs
		}
	}
	return t, nil
}

// fixedBatch tells whether the array has the input's own shape after some batch axes.
func fixedBatch(a *npz.Array, in *ir.Value) bool {
	n := len(a.Shape) - len(in.Type.Shape)
	return n >= 1 && slices.Equal(a.Shape[n:], in.Type.Shape)
}

// answers reads label or target; n_task says how many leading rows have one. Texts must be class names of the model. Labels that are
// all −1, and a target of all outputs together where there are several, are passed over.
func (d *dataset) answers(path string, arrays map[string]*npz.Array, g *ir.Graph, labels []string) error {
	n := d.rows.Len()
	task := n
	if a := arrays["n_task"]; a != nil && a.Len() == 1 && a.Float(0) >= 0 {
		task = int(min(a.Float(0), float64(n)))
	}
	if a := arrays["label"]; a != nil && a.Len() == n {
		if a.Texts != nil && !slices.ContainsFunc(a.Texts, func(s string) bool { return slices.Contains(labels, s) }) {
			hint := "give the number of the class, from 0"
			if len(labels) > 0 {
				hint = fmt.Sprintf("the model's classes are %q", labels)
			}
			return diag.New(diag.CodeData, diag.Pos{File: filepath.Base(path)}, "label %q is no class of the model", a.Texts[0]).WithHint("%s", hint)
		}
		d.rows.Labels = make([]int64, n)
		for i := range n {
			d.rows.Labels[i] = -1
			switch {
			case i >= task:
			case a.Texts != nil:
				d.rows.Labels[i] = int64(slices.Index(labels, a.Texts[i]))
			default:
				d.rows.Labels[i] = int64(a.Float(i))
			}
		}
		if slices.Max(d.rows.Labels) < 0 {
			d.rows.Labels = nil
		}
		return nil
	}
	if a := arrays["target"]; a != nil && len(a.Shape) > 0 && a.Shape[0] == n && a.Texts == nil && task > 0 {
		return d.targets(path, a, task, g)
	}
	return nil
}

// targets takes the wanted values of the first output for the leading rows.
func (d *dataset) targets(path string, a *npz.Array, task int, g *ir.Graph) error {
	size, first, all := a.Len()/d.rows.Len(), g.Outs[0].Type.Size(), 0
	for _, o := range g.Outs {
		all += o.Type.Size()
	}
	pos := diag.Pos{File: filepath.Base(path)}
	switch {
	case size == first:
	case size == all:
		return nil
	default:
		return diag.New(diag.CodeData, pos, "target has %d values a row, the model's first output %d", size, first).WithHint("give the wanted values of the first output")
	}
	d.rows.Targets = ir.NewReals(task, []int{size})
	for i := range d.rows.Targets.Reals {
		x := a.Float(i)
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return diag.New(diag.CodeData, pos, "target has %v in row %d of the data", x, i/size+1).WithHint("drop the row, or replace the value")
		}
		d.rows.Targets.Reals[i] = x
	}
	return nil
}

// readCSV reads a table with a header: the columns label (or class) and target are answers, all others are the inputs' elements in
// order.
func readCSV(path string, g *ir.Graph) (map[string]*npz.Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	table, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	if len(table) < 2 {
		return nil, errors.New("no rows under the header")
	}
	head, body := table[0], table[1:]
	var features []int
	arrays := map[string]*npz.Array{}
	for c, name := range head {
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "label", "class":
			arrays["label"] = textColumn(body, c)
		case "target":
			if arrays["target"], err = realColumns(body, []int{c}); err != nil {
				return nil, err
			}
		default:
			features = append(features, c)
		}
	}
	at := 0
	for i, in := range g.Inputs() {
		size := in.Type.Size()
		if at+size > len(features) {
			return nil, diag.New(diag.CodeData, diag.Pos{File: filepath.Base(path)}, "%d feature columns, the model takes %d", len(features), at+size).
				WithHint("%s", columnHint(head))
		}
		if arrays[fmt.Sprintf("in%d", i)], err = realColumns(body, features[at:at+size]); err != nil {
			return nil, err
		}
		at += size
	}
	if at < len(features) {
		return nil, diag.New(diag.CodeData, diag.Pos{File: filepath.Base(path)}, "%d feature columns, the model takes %d", len(features), at).
			WithHint("name the answer column label or target, and drop the other columns")
	}
	return arrays, nil
}

// columnHint says what to do about missing columns.
func columnHint(head []string) string {
	if len(head) == 1 && strings.ContainsAny(head[0], ";\t") {
		return "separate the columns with commas"
	}
	return "name the answer column label or target, and give one column for each input element"
}

func realColumns(body [][]string, columns []int) (*npz.Array, error) {
	a := &npz.Array{Shape: []int{len(body), len(columns)}}
	for r, row := range body {
		for _, c := range columns {
			x, err := strconv.ParseFloat(strings.TrimSpace(row[c]), 64)
			if err != nil {
				return nil, fmt.Errorf("row %d, column %d: %q is not a number", r+2, c+1, row[c])
			}
			a.Reals = append(a.Reals, x)
		}
	}
	return a, nil
}

// textColumn gives whole numbers where the column has only such, else texts.
func textColumn(body [][]string, c int) *npz.Array {
	a := &npz.Array{Shape: []int{len(body)}}
	for _, row := range body {
		a.Texts = append(a.Texts, strings.TrimSpace(row[c]))
	}
	ints := make([]int64, len(body))
	for i, t := range a.Texts {
		n, err := strconv.ParseInt(t, 10, 64)
		if err != nil {
			return a
		}
		ints[i] = n
	}
	return &npz.Array{Shape: a.Shape, Ints: ints}
}
