package estimator

import (
	"strings"
	"testing"
	"testing/fstest"
)

const report = `<profile>
<ReportVersion><Version>2023.2</Version></ReportVersion>
<UserAssignments><Part>xcu250-figd2104-2L-e</Part><TopModelName>net</TopModelName><TargetClockPeriod>5.00</TargetClockPeriod></UserAssignments>
<PerformanceEstimates>
<SummaryOfTimingAnalysis><EstimatedClockPeriod>3.650</EstimatedClockPeriod></SummaryOfTimingAnalysis>
<SummaryOfOverallLatency><Best-caseLatency>66</Best-caseLatency><Worst-caseLatency>67</Worst-caseLatency><Interval-min>64</Interval-min><Interval-max>65</Interval-max></SummaryOfOverallLatency>
</PerformanceEstimates>
<AreaEstimates>
<Resources><BRAM_18K>4</BRAM_18K><DSP>16</DSP><FF>900</FF><LUT>1500</LUT><URAM>0</URAM></Resources>
<AvailableResources><BRAM_18K>5376</BRAM_18K><DSP>12288</DSP><FF>3456000</FF><LUT>1728000</LUT><URAM>1280</URAM></AvailableResources>
</AreaEstimates>
</profile>`

func TestVendorReport(t *testing.T) {
	part := strings.Replace(report, "<LUT>1500</LUT>", "<LUT>7</LUT>", 1)
	dir := fstest.MapFS{
		"net_prj/solution1/syn/report/dense_s_csynth.xml": {Data: []byte(part)},
		"net_prj/solution1/syn/report/net_csynth.xml":     {Data: []byte(report)},
	}
	r, err := FindVendorReport(dir)
	if err != nil {
		t.Fatal(err)
	}
	f := r.Figures
	if *f.LatencyCycles != 66 || *f.IICycles != 65 || *f.LUT != 1500 || *f.FF != 900 || *f.DSP != 16 || *f.BRAM != 4 {
		t.Errorf("got %v", f.Map())
	}
	if r.WorstLatency != 67 || r.EstimatedNs != 3.65 || r.Available["DSP"] != 12288 {
		t.Errorf("got %+v", r)
	}
}

func TestVendorReportRefused(t *testing.T) {
	for name, dir := range map[string]fstest.MapFS{
		"empty":     {},
		"no report": {"a/net_csynth.xml": {Data: []byte("<profile></profile>")}},
		"no XML":    {"net_csynth.xml": {Data: []byte("LUT 5")}},
		"truncated": {"net_csynth.xml": {Data: []byte(report[:200])}},
	} {
		if r, err := FindVendorReport(dir); err == nil {
			t.Errorf("%s: read as %+v", name, r)
		}
	}
}
