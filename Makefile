# Everything here needs Go alone: the linters and buf are Go tools too, pinned in .ci/tools.mod.
tool     := go tool -modfile=.ci/tools.mod
generate := $(tool) buf generate proto --template proto/buf.gen.yaml
plugins  := $(notdir $(patsubst %/,%,$(wildcard plugins/*/)))
fuzzed   := $(sort $(shell grep -rEo '^func Fuzz[A-Za-z]+' --include='*_test.go' host plugins sdk | sed -E 's|[^/]*_test[.]go:func ||'))
# The race detector needs a C compiler.
race     := $(if $(shell command -v $$(go env CC)),-race)
# Without what only debuggers read, a third smaller; panics still tell their lines.
slim     := -ldflags='-s -w'
# How long fuzzing takes for each target, and which seeds the chaos of `make chaos` plays.
fuzztime := 2m
seeds    := 1 2 3 4 5

help: ## lists what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 8

build: ## builds bin/patchbay and bin/plugins/patchbay-<name>
	go build $(slim) -o bin/patchbay ./host $(foreach p,$(plugins),&& go build $(slim) -o bin/plugins/patchbay-$(p) ./plugins/$(p))

test: build check ## everything that must pass: build, check, all tests and rows, short fuzzing, short chaos
	go test $(race) -timeout 20m ./...
	$(MAKE) --no-print-directory fuzz fuzztime=3s

check: ## gofmt, vet, staticcheck, proto lint, breaking changes, generated code up to date
	@gofmt -l . | { ! grep . ; } || { echo 'gofmt -w these files'; exit 1; }
	go vet ./...
	$(tool) staticcheck ./...
	$(tool) buf lint proto && $(tool) buf breaking proto --against proto/released.binpb
	@rm -rf bin/.generated && $(generate) -o bin/.generated && diff -r -x '*.proto' -x 'buf*' -x '*.binpb' bin/.generated/proto proto || { echo 'make proto'; exit 1; }

proto: ## makes the Go code of proto/
	$(generate)

demo: build ## plays candidates through the real processes and shows what the ATS and the vendor say now; DEMO_EXIT=1 ends it
	bin/patchbay demo

bench: build ## measures against the barest program through go-plugin, as ratios of one run
	go test ./host -run "^$$" -bench "^BenchmarkLifecycle$$" -benchtime 1x -timeout 30m

chaos: ## kills the host again and again while candidates go through, for several seeds
	for s in $(seeds); do go test ./host -run '^TestChaos$$' -v -timeout 30m -args -chaos.seed=$$s -chaos.candidates=400 -chaos.kills=25 || exit; done

fuzz: ## fuzzes what strangers can reach: the webhook door, the plugins' receivers, the reader of the configuration; fuzztime=2m
	for f in $(fuzzed); do go test ./$$(dirname $$f) -run '^$$' -fuzz "^$$(basename $$f)$$" -fuzztime $(fuzztime) || exit; done

rows: ## plays every row of the guides' promises; prints id, promise and pass or fail
	go test ./host -run '^TestRows$$' -json | go run .ci/rows.go

clean: ## removes what was built, and the demo's state
	rm -rf bin state

.PHONY: help build test check proto demo bench chaos fuzz rows clean
