# The commands of this project; each calls a short script, which CI calls too.
.DEFAULT_GOAL := help
.PHONY: help install run test coverage lint test-compose test-faults test-interrupts test-load fuzz bench-search bench-embedding bench-catalogue bench-page train-mini evaluate-mini evaluate-relevance compare audit release clean

help:           ## Show these commands.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install:        ## Create .venv with the pinned dependencies of the three services.
	@scripts/install

run:            ## Serve image search on http://localhost:8000 (IMAGES=/path/to/folder for your own pictures).
	@scripts/run

test:           ## Run the tests.
	@scripts/test

coverage:       ## Run the tests and show which branches of the services they miss (takes half as long again).
	@scripts/coverage

lint:           ## Check style, types, Compose, workflows, Dockerfiles, notebooks.
	@scripts/lint

test-compose:   ## Build and try the Compose deployment (needs a Docker engine).
	@scripts/test-compose

test-faults:    ## Kill, damage and fill (minutes; a small tmpfs where root runs it).
	@RUN_FAULTS=1 scripts/test -s tests/faults

test-interrupts: ## Interrupt the first index of `make run` at 60 random moments (FAULT_INTERRUPTS, FAULT_SEED).
	@RUN_FAULTS=1 scripts/test -s tests/faults/test_interrupted_starts.py

test-load:      ## Put the whole product under load on a quiet machine (LOAD_SECONDS=600; figures to LOAD_RESULTS=FILE).
	@scripts/test-load

fuzz:           ## Try 10,000 mutations on each reader, and the three OpenAPI documents for longer (FUZZ_EXAMPLES).
	@FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),10000) SCHEMATHESIS_EXAMPLES=$(or $(SCHEMATHESIS_EXAMPLES),100) \
	  scripts/test tests/security/test_fuzzed_readers.py tests/security/test_openapi.py

bench-search:   ## Measure the search engines on COUNT=1000000 vectors; results go to benchmarks/results.
	@scripts/bench-search --count $(or $(COUNT),1000000)

bench-embedding: ## Measure the embedding engine on PHOTOS=/a/folder/or.zip (ENCODER=mini); results go to benchmarks/results.
	@scripts/bench-embedding $(if $(ENCODER),--encoder "$(ENCODER)") --photos "$(or $(PHOTOS),$(error say PHOTOS=/a/folder/or.zip))"

bench-page:     ## Measure what a first visit waits for in Chromium, as fast as it can be and at 50 kB/s.
	@$(or $(VENV),.venv)/bin/python -m benchmarks.first_paint

bench-catalogue: ## Measure indexing PHOTOS=/a/folder/or.zip (COUNT=10000 of it) and a catalogue of ROWS=1000000.
	@scripts/bench-catalogue --photos "$(or $(PHOTOS),$(error say PHOTOS=/a/folder/or.zip))" \
	  --count $(or $(COUNT),10000) --rows $(or $(ROWS),1000000)

train-mini:     ## Make the bundled encoder's weights from PHOTOS=/folder/of/archives; WORK= keeps what was worked out.
	@scripts/install embedding,dev
	@$(or $(VENV),.venv)/bin/python -m pip install --quiet --no-deps -r training/requirements.txt
	@$(or $(VENV),.venv)/bin/python -m training.make --photos "$(or $(PHOTOS),$(error say PHOTOS=/folder/of/archives))" \
	  --work "$(or $(WORK),data/training)" --out embedding_service/encoders/mini_weights

evaluate-mini:  ## Measure the bundled encoder on COCO=coco128.zip, PHOTOS=/folder/of/archives, VIT=/folder/with/its/config.
	@scripts/install embedding,aggregate,dev
	@$(or $(VENV),.venv)/bin/python -m pip install --quiet --no-deps -r training/requirements.txt
	@$(or $(VENV),.venv)/bin/python -m benchmarks.evaluate_mini --coco "$(or $(COCO),$(error say COCO=coco128.zip))" \
	  $(if $(PHOTOS),--photos "$(PHOTOS)") $(if $(VIT),--vit "$(VIT)")

evaluate-relevance: ## Measure how far relevance can be trusted, on COCO=coco128.zip (PHOTOS=/folder/of/archives).
	@scripts/install embedding,aggregate,dev
	@$(or $(VENV),.venv)/bin/python -m benchmarks.relevance --coco "$(or $(COCO),$(error say COCO=coco128.zip))" \
	  $(if $(PHOTOS),--photos "$(PHOTOS)")

audit:          ## Ask whether a pinned dependency is known to be vulnerable (asks osv.dev).
	@$(or $(PYTHON),python3) -m scripts.audit

release:        ## Publish the tag that is checked out: images with provenance and SBOM, notes (DRY_RUN=1 only says it).
	@scripts/release

compare:        ## Compare ENCODERS="mini …" by runtime and index on PHOTOS=coco128.zip, or a folder of labels' folders.
	@scripts/compare --photos "$(or $(PHOTOS),$(error say PHOTOS=/a/folder/or/coco128.zip))" \
	  $(foreach encoder,$(ENCODERS),--encoder $(encoder))

clean:          ## Remove the virtual environment and caches (not data/).
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache *.egg-info
