# The documented way to everything. `make` alone lists the targets.

VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
KERNEL    ?=
PROVIDER  ?=
ARGS      ?=
FUZZTIME  ?= 60s
ARCH_KERNELS = 6.12,6.12/arm64,6.1/s390x,6.12/riscv64,6.1/ppc64el
RUN_FLAGS  = $(if $(KERNEL),--kernel '$(KERNEL)') $(if $(PROVIDER),--provider '$(PROVIDER)') $(ARGS)

# Where bpflab is built: bin, or the user's cache directory where this checkout cannot be written.
HERE := $(shell test -w . && { test ! -e bin || test -w bin; } && echo bin)
BIN  ?= $(or $(HERE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/bpflab/bin)

.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@echo 'Targets:'
	@sed -n 's/^\([a-zA-Z%-]*\):[^#]*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | sed 's/lab-%/lab-NAME/' | awk -F'\t' '{ printf "%-20s %s\n", $$1, $$2 }'
	@echo
	@echo 'Labs: $(sort $(notdir $(patsubst %/lab.md,%,$(wildcard labs/*/lab.md))))'
	@echo 'Variables for labs: KERNEL=6.1,latest  PROVIDER=qemu  ARGS="--json r.json"; for fuzz: FUZZTIME=60s'

.PHONY: setup
setup: ## install what is missing (qemu, clang, libbpf, busybox); does nothing if all is there
	@sh ci/setup.sh

# The workshop's page, of which the binary carries what is in dist.
WEB      = harness/workshop/web
WEB_MADE = $(WEB)/dist/app.js.gz

$(WEB)/ui/node_modules/.package-lock.json: $(WEB)/ui/package.json $(WEB)/ui/package-lock.json
	@cd $(WEB)/ui && npm ci --no-fund --no-audit --loglevel=error
	@touch $@

$(WEB_MADE): $(WEB)/ui/node_modules/.package-lock.json $(WEB)/ui/build.mjs $(wildcard $(WEB)/ui/src/*)
	@cd $(WEB)/ui && npm run --silent build

.PHONY: web
web: ## build the workshop's page with npm, from its lock file
	@sh ci/setup.sh web
	@if [ -n '$(HERE)' ]; then $(MAKE) --no-print-directory $(WEB_MADE); \
		elif [ ! -e $(WEB_MADE) ]; then echo 'web: the page is built inside of this checkout, which cannot be written' >&2; exit 1; fi

# Labs and tests need no page, so a build without npm, or without its registry, goes on.
.PHONY: page
page:
	@if [ -z '$(HERE)' ]; then echo 'build: this checkout cannot be written: the page of the workshop is left as it is, and bpflab is built in $(BIN)' >&2; \
		elif command -v npm >/dev/null 2>&1; then $(MAKE) --no-print-directory $(WEB_MADE) || echo 'build: the page of the workshop could not be built, and is left out' >&2; \
		else echo 'build: npm is missing, so the page of the workshop is left out (make web installs it)' >&2; fi

# A loader of objects over the distribution's libbpf, of which the binary carries what is in
# dist. Without libbpf everything else works: build.sh says so, once a build.
LIBBPF      = harness/libbpf
LIBBPF_MADE = $(LIBBPF)/dist/loader.gz

$(LIBBPF_MADE): $(wildcard $(LIBBPF)/loader/*)
	@[ -z '$(HERE)' ] || sh $(LIBBPF)/loader/build.sh

.PHONY: loader
loader: $(LIBBPF_MADE) ## build the libbpf loader of verify, if libbpf is there

GO_BUILD = CGO_ENABLED=0 go build -buildvcs=false -trimpath
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null)
DATE    ?=
LDFLAGS  = -s -w -X main.version=$(VERSION) -X main.commit=$(COMMIT) -X main.date=$(DATE)

# The guest agents, one for each architecture, compressed anew where they changed, and where bpflab
# embeds them from. Plain `go build` leaves them out, and bpflab is its own agent: so none is older
# than the sources. bpflab-agent is the one of this host's architecture. Labs and the workshop are built
# with that one, and with those that are there already, unless a kernel of another is asked for:
# all five take minutes the first time.
PACKED   = $(abspath $(BIN))/.agents
OVERLAY  = $(PACKED)/overlay.json
OTHERS   = $(filter-out lab-% labs workshop,$(or $(MAKECMDGOALS),build))$(findstring /,$(KERNEL))$(findstring arch,$(KERNEL)$(ARGS))
BUILT    = $(patsubst $(PACKED)/agent-%.pack,%,$(wildcard $(PACKED)/agent-*.pack))
AGENTS  ?= $(if $(OTHERS),amd64 arm64 s390x riscv64 ppc64le,$(sort $(shell go env GOARCH) $(BUILT)))

.PHONY: agent
agent: $(addprefix agent-,$(AGENTS))
	@ln -f '$(PACKED)/agent-'"$$(go env GOARCH)" '$(BIN)/bpflab-agent'
	@for arch in $(AGENTS); do echo "\"$(CURDIR)/harness/agent/agent-$$arch.pack\": \"$(PACKED)/agent-$$arch.pack\""; done | \
		{ paste -sd, | sed 's/.*/{"Replace": {&}}/'; } >'$(OVERLAY)'

.PHONY: $(addprefix agent-,$(AGENTS))
$(addprefix agent-,$(AGENTS)): agent-%:
	@mkdir -p '$(PACKED)'
	@GOOS=linux GOARCH=$* $(GO_BUILD) -ldflags '-s -w' -o '$(PACKED)/agent-$*' ./cmd/bpflab-agent
	@test -e '$(PACKED)/agent-$*.pack' && cmp -s '$(PACKED)/agent-$*' '$(PACKED)/agent-$*.packed' || \
		{ GOOS= GOARCH= go run ./harness/agent/pack '$(PACKED)/agent-$*' '$(PACKED)/agent-$*.pack' && cp '$(PACKED)/agent-$*' '$(PACKED)/agent-$*.packed'; }

.PHONY: build
build: page loader agent ## build bin/bpflab, statically linked, with the guest agents inside
	@$(GO_BUILD) -overlay '$(OVERLAY)' -tags bpflab_agent -ldflags '$(LDFLAGS)' -o '$(BIN)/' ./cmd/bpflab

# One program of a release, from parts that were built before: ci/dist calls this.
.PHONY: binary
binary:
	@GOOS=$(word 1,$(subst /, ,$(TARGET))) GOARCH=$(word 2,$(subst /, ,$(TARGET))) \
		$(GO_BUILD) -overlay '$(OVERLAY)' -tags bpflab_agent -ldflags '$(LDFLAGS)' -o '$(OUT)' ./cmd/bpflab

.PHONY: dist
dist: ## make all that is released, as VERSION=v0.2.0, in bin/dist or OUT= (as root with IMAGE=true, which adds an image)
	@cd ci/dist && go run . -version '$(if $(filter command environment,$(firstword $(origin VERSION))),$(VERSION))' -repo '$(CURDIR)' \
		$(if $(OUT),-out '$(abspath $(OUT))') -targets '$(TARGETS)' -image=$(or $(IMAGE),false)

.PHONY: test-dist
test-dist: ## make a release twice in two clones, and compare; install its package in bare roots (as root; an hour)
	cd ci/dist && BPFLAB_DIST_TESTS=1 go test -count=1 -v -timeout 120m .

lab-%: setup build ## run one lab on the default kernels, or on KERNEL=
	@'$(BIN)/bpflab' run '$*' $(RUN_FLAGS)

.PHONY: labs
labs: setup build ## run all labs
	@'$(BIN)/bpflab' run --all $(RUN_FLAGS)

.PHONY: workshop
workshop: setup web build ## take the course in a browser; bin/bpflab workshop is the same in the terminal
	@'$(BIN)/bpflab' workshop --web $(if $(KERNEL),--kernel '$(KERNEL)') $(if $(PROVIDER),--provider '$(PROVIDER)') $(ARGS)

# Two packages at once: cmd/bpflab takes two thirds of the time, and leaves a third of two cores
# idle. More that boot machines would fight for the cores.
.PHONY: test
test: setup web loader lint ## run every test, those that boot kernels and a browser too; lists what was skipped
	@sh ci/setup.sh tests
	go run ./ci/skips -C ci/dist -count=1 ./...
	BPFLAB_VM_TESTS=1 BPFLAB_BROWSER_TESTS=1 go run ./ci/skips -count=1 -p 2 -timeout 60m ./...

.PHONY: test-lxd
test-lxd: ## install LXD, start servers and a cluster of their own (as root), and test against them
	@sh ci/setup.sh lxd
	BPFLAB_VM_TESTS=1 BPFLAB_LXD_TESTS=1 go run ./ci/skips -count=1 -timeout 30m ./vms/lxd/...
	BPFLAB_VM_TESTS=1 BPFLAB_LXD_TESTS=1 go run ./ci/skips -count=1 -timeout 30m -run TestLXD ./cmd/bpflab

.PHONY: test-kvm
test-kvm: setup build ## run bpflab with KVM in a machine that QEMU emulates (as root; half an hour); SHORT=1 is one fork
	go run ./ci/kvm -bin '$(BIN)' $(if $(SHORT),-short) $(ARGS)

.PHONY: test-hosts
test-hosts: ## run bpflab in bare roots of Debian and Ubuntu (as root; an hour), and write docs/hosts.md
	go run ./ci/hosts -o docs/hosts.md $(ARGS)

.PHONY: docs
docs: setup build ## measure docs/limits.md and docs/features.md anew, on KERNEL= or the default kernels
	'$(BIN)/bpflab' limits $(if $(KERNEL),--kernel '$(KERNEL)') --markdown docs/limits.md --svg docs/limits.svg
	'$(BIN)/bpflab' features $(if $(KERNEL),--kernel '$(KERNEL)') --markdown docs/features.md >/dev/null

.PHONY: docs-cli
docs-cli: ## write docs/cli.md anew from the commands
	go test ./cmd/bpflab -count=1 -run TestCLIDocument -update

.PHONY: docs-architectures
docs-architectures: setup build ## the same on other architectures, for which their QEMUs are to be installed
	'$(BIN)/bpflab' limits --kernel $(ARCH_KERNELS) --markdown docs/limits-architectures.md >/dev/null
	'$(BIN)/bpflab' features --kernel $(ARCH_KERNELS) --markdown docs/features-architectures.md >/dev/null

.PHONY: test-fast
test-fast: ## run the tests that boot nothing
	go test ./...
	cd ci/dist && go test ./...

.PHONY: lint
lint: ## gofmt, go vet, builds for other systems, staticcheck where go.mod has it, and prettier where it is fetched
	@unformatted=$$(gofmt -l bpf ci cmd harness labs vms); \
		test -z "$$unformatted" || { echo "not formatted, run gofmt -w on: $$unformatted" >&2; exit 1; }
	go vet ./...
	cd ci/dist && go vet ./...
	@for os in darwin windows; do echo "GOOS=$$os go build ./cmd/bpflab"; GOOS=$$os CGO_ENABLED=0 go build -o /dev/null ./cmd/bpflab || exit 1; done
	@if go tool -n staticcheck >/dev/null 2>&1; then echo go tool staticcheck ./...; go tool staticcheck ./...; \
		else echo 'lint: staticcheck is not in go.mod, left out'; fi
	@ui=harness/workshop/web/ui; if [ -x $$ui/node_modules/.bin/prettier ]; then echo npm run check; npm --prefix $$ui run --silent check; \
		else echo 'lint: the page is not looked at, for make web has not fetched prettier'; fi

.PHONY: vuln
vuln: ## look for known vulnerabilities in what the binary calls (needs the network)
	go tool govulncheck ./...

.PHONY: fuzz
fuzz: ## run each fuzz target for FUZZTIME
	@grep -r --include='*_test.go' -o '^func Fuzz[A-Za-z0-9_]*' bpf ci cmd harness labs vms | sort | \
		while IFS=: read -r file func; do \
			echo "fuzz: $${func#func } in $$(dirname "$$file")"; \
			go test -run '^$$' -fuzz "^$${func#func }$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 10x "./$$(dirname "$$file")" </dev/null || exit 1; \
		done

.PHONY: bench
bench: setup build ## measure and print every figure this project claims
	@go run ./ci/bench $(ARGS)

.PHONY: clean
clean: ## remove what was built here; fetched kernels stay (bpflab kernels prune)
	rm -rf bin results $(WEB)/ui/node_modules $(WEB)/dist/*.gz $(LIBBPF_MADE)
