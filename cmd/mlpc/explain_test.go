package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"mlpc/ir/diag"
)

// TestExamples runs the example command of every error code in a directory with its files: it fails and names the code, or warns of
// it. Faults of the
// command line exit with 2 and name none.
func TestExamples(t *testing.T) {
	for _, d := range diag.Codes {
		if !strings.HasPrefix(d.Example, "mlpc ") {
			continue
		}
		t.Run(string(d.Code), func(t *testing.T) {
			ar := txtar.Parse([]byte(d.Example))
			t.Chdir(t.TempDir())
			for _, f := range ar.Files {
				if err := os.MkdirAll(filepath.Dir(f.Name), 0o777); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(f.Name, f.Data, 0o666); err != nil {
					t.Fatal(err)
				}
			}
			line, _, _ := strings.Cut(string(ar.Comment), "\n")
			var out, talk bytes.Buffer
			code := run(strings.Fields(line), &out, &talk)
			if d.Warning {
				if code != exitDone || !strings.Contains(talk.String(), "mlpc: warning: ") || !strings.Contains(talk.String(), "["+string(d.Code)+"]") {
					t.Errorf("%s: exit %d: %s", line, code, talk.String())
				}
				return
			}
			if code != exitUsage && (code != exitInput || !strings.Contains(talk.String(), "["+string(d.Code)+"]")) {
				t.Errorf("%s: exit %d: %s", line, code, talk.String())
			}
			if code == exitUsage && d.Code != diag.CodeOption {
				t.Errorf("%s: exit 2: %s", line, talk.String())
			}
		})
	}
}
