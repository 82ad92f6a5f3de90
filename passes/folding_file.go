package passes

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"mlpc/ir"
	"mlpc/ir/diag"
)

// finnNodes are the prefixes under which FINN numbers its matrix engines.
var finnNodes = []string{"MVAU_hls_", "MVAU_rtl_", "MVAU_", "MatrixVectorActivation_", "StreamingFCLayer_Batch_"}

// ParseFolding reads a folding file as FINN writes it: an object with an entry for each layer, {"PE": 2, "SIMD": 4}, and optional
// "Defaults" (as an entry, or FINN's lists of a value and what it holds for). A layer goes by the name of its dense value, or by a
// FINN name that ends in its number, "MVAU_0". Entries with neither PE nor SIMD (FIFOs, converters) and other keys are passed over.
func ParseFolding(file string, data []byte, g *ir.Graph) (map[string]Fold, error) {
	var entries map[string]json.RawMessage
	if err := json.Unmarshal(data, &entries); err != nil {
		return nil, diag.New(diag.CodeSyntax, diag.Pos{File: file}, "the folding is not a JSON object: %v", err)
	}
	var dense []string
	for _, v := range g.Values {
		if v.Op == ir.OpDense {
			dense = append(dense, v.Name)
		}
	}
	folding := map[string]Fold{}
	var problems diag.List
	if e, ok := readFold(entries["Defaults"]); ok {
		for _, name := range dense {
			folding[name] = e
		}
	}
	for key, raw := range entries {
		e, ok := readFold(raw)
		if key == "Defaults" || !ok {
			continue
		}
		name := namedLayer(key, dense)
		if name == "" {
			problems.Addf(diag.CodeOption, diag.Pos{File: file}, "the folding names %q, which is no dense layer", key).
				Hint = hintOr(diag.DidYouMean(key, dense), "name dense layers as `mlpc inspect` prints them, or by number: MVAU_0")
			continue
		}
		folding[name] = e
	}
	slices.SortFunc(problems, func(a, b *diag.Error) int { return strings.Compare(a.Msg, b.Msg) })
	return folding, problems.Err()
}

// readFold reads an entry; false where it says neither PE nor SIMD.
func readFold(raw json.RawMessage) (Fold, bool) {
	var e struct{ PE, SIMD *int }
	if json.Unmarshal(raw, &e) != nil || e.PE == nil && e.SIMD == nil {
		return Fold{}, false
	}
	f := Fold{1, 1}
	if e.PE != nil {
		f.PE = *e.PE
	}
	if e.SIMD != nil {
		f.SIMD = *e.SIMD
	}
	return f, true
}

// namedLayer gives the name of the dense layer that a key means, "" for none.
func namedLayer(key string, dense []string) string {
	if slices.Contains(dense, key) {
		return key
	}
	for _, prefix := range finnNodes {
		number, ok := strings.CutPrefix(key, prefix)
		if i, err := strconv.Atoi(number); ok && err == nil && i >= 0 && i < len(dense) {
			return dense[i]
		}
	}
	return ""
}
