# mlpc: see README.md. `make demo` and `make test` need Go, git and apt; everything else they install.

export MLPC_SHARED ?= $(abspath ../shared)

mlpc: FORCE
	go build -trimpath -ldflags "-s -w -buildid=" -buildvcs=false -o mlpc ./cmd/mlpc

# Installs the open tools that the targets are verified with, where they are missing.
tools:
	@scripts/install-tools

# Compiles a bundled model to Verilog, runs it in Verilator and prints the estimate beside the measurement.
demo: tools mlpc
	./mlpc compile examples/digits/model.onnx --target verilog --data examples/digits/calib.npz --eval examples/digits/test.npz -o demo-out
	./mlpc verify demo-out

# Every test, with every tool: a missing one is a failure.
test: tools lint
	MLPC_TOOLS=require go test ./...

# What CI asks of the sources: formatted, vetted, generated documents up to date.
lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	go vet ./...

# Rewrites the generated documents and the golden files.
docs:
	go test ./cmd/mlpc -run 'TestGenerated|TestStats' -update
	go test ./ir/onnx -run TestBackendSuite -update

# Longer runs: every model of ../shared on every target, fuzzing. Results land in docs/results/.
test-long: tools mlpc
	MLPC_TOOLS=require MLPC_LONG=1 go test -timeout 60m ./...
	scripts/accept-all
	scripts/verify-folded ./mlpc $(MLPC_SHARED)

bench:
	go test -run '^$$' -bench . -benchmem ./...

FORCE:
.PHONY: docs tools demo test lint test-long bench FORCE
