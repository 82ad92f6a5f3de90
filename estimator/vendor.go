package estimator

import (
	"encoding/xml"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"

	"mlpc/ir/diag"
)

// VendorReport is what an HLS tool reported about a design after C synthesis.
type VendorReport struct {
	Figures               Figures // best latency, largest interval, and resources; Basis names the tool
	TargetNs, EstimatedNs float64
	WorstLatency          int
	Available             map[string]int // resources of the part, by the report's own names
	Part, Top             string
}

// csynth is the part of a *_csynth.xml that matters here (Vivado HLS 2018 to Vitis HLS 2025).
type csynth struct {
	Tool    string `xml:"ReportVersion>Version"`
	Part    string `xml:"UserAssignments>Part"`
	Top     string `xml:"UserAssignments>TopModelName"`
	Target  string `xml:"UserAssignments>TargetClockPeriod"`
	Period  string `xml:"PerformanceEstimates>SummaryOfTimingAnalysis>EstimatedClockPeriod"`
	Latency struct {
		Best  string `xml:"Best-caseLatency"`
		Worst string `xml:"Worst-caseLatency"`
		Most  string `xml:"Interval-max"`
	} `xml:"PerformanceEstimates>SummaryOfOverallLatency"`
	Resources []resource `xml:"AreaEstimates>Resources"`
	Available []resource `xml:"AreaEstimates>AvailableResources"`
}

type resource struct {
	Items []struct {
		XMLName xml.Name
		Value   string `xml:",chardata"`
	} `xml:",any"`
}

// FindVendorReport looks for the C synthesis report of the top function in an HLS project's directory.
func FindVendorReport(dir fs.FS) (*VendorReport, error) {
	var found []string
	err := fs.WalkDir(dir, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() && strings.HasSuffix(name, "_csynth.xml") || path.Base(name) == "csynth.xml" {
			found = append(found, name)
		}
		return nil
	})
	if err != nil {
		return nil, diag.New(diag.CodeFile, diag.Pos{}, "%v", err)
	}
	if len(found) == 0 {
		return nil, diag.New(diag.CodeFile, diag.Pos{}, "no csynth.xml is in the directory").WithHint("give the directory of an HLS project after C synthesis")
	}
	// csynth.xml is the whole design; else the top function's own report, which stands with those of its parts, is the one whose
	// TopModelName is its file's.
	slices.SortFunc(found, func(a, b string) int { return strings.Compare(path.Base(a), path.Base(b)) })
	for _, name := range found {
		r, err := openVendorReport(dir, name)
		if err != nil {
			return nil, err
		}
		if base := path.Base(name); base == "csynth.xml" || base == r.Top+"_csynth.xml" {
			return r, nil
		}
	}
	return openVendorReport(dir, found[0])
}

func openVendorReport(dir fs.FS, name string) (*VendorReport, error) {
	f, err := dir.Open(name)
	if err != nil {
		return nil, diag.New(diag.CodeFile, diag.Pos{File: path.Base(name)}, "%v", err)
	}
	defer f.Close()
	r, err := ReadVendorReport(f)
	if err != nil {
		return nil, diag.New(diag.CodeFormat, diag.Pos{File: path.Base(name)}, "%v", err)
	}
	return r, nil
}

// ReadVendorReport reads a csynth.xml.
func ReadVendorReport(in io.Reader) (*VendorReport, error) {
	const most = 64 << 20 // bytes; real reports have less than one million
	var x csynth
	if err := xml.NewDecoder(io.LimitReader(in, most)).Decode(&x); err != nil {
		return nil, fmt.Errorf("not a report of C synthesis: %w", err)
	}
	if len(x.Resources) == 0 {
		return nil, fmt.Errorf("not a report of C synthesis: it has no resources")
	}
	r := &VendorReport{Part: x.Part, Top: x.Top, Available: map[string]int{}}
	r.TargetNs, _ = strconv.ParseFloat(x.Target, 64)
	r.EstimatedNs, _ = strconv.ParseFloat(x.Period, 64)
	f := &r.Figures
	f.LatencyCycles, f.IICycles = count(x.Latency.Best), count(x.Latency.Most)
	if w := count(x.Latency.Worst); w != nil {
		r.WorstLatency = *w
	}
	for _, i := range x.Resources[0].Items {
		n := count(i.Value)
		switch i.XMLName.Local {
		case "LUT":
			f.LUT = n
		case "FF":
			f.FF = n
		case "DSP", "DSP48E":
			f.DSP = n
		case "BRAM_18K":
			f.BRAM = n
		}
	}
	for _, a := range x.Available {
		for _, i := range a.Items {
			if n := count(i.Value); n != nil {
				r.Available[i.XMLName.Local] = *n
			}
		}
	}
	f.Basis = strings.TrimSpace("Vivado or Vitis HLS " + x.Tool)
	return r, nil
}

// count reads a number of the report; "undef" and "?" stand for none.
func count(text string) *int {
	n, err := strconv.Atoi(strings.TrimSpace(text))
	if err != nil {
		return nil
	}
	return &n
}
