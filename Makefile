# Signpost: the two commands are `make run` and `make test`; `make help` lists all.
MODEL  ?= models/all-MiniLM-L6-v2
LISTEN ?= 127.0.0.1:8080
DATA   ?= data
FUZZ_SECONDS ?= 600
export SIGNPOST_TEST_MODEL := $(abspath $(MODEL))
# Where cargo puts its output, asked of cargo itself so that CARGO_TARGET_DIR is honoured.
TARGET = $(or $(CARGO_TARGET_DIR),target)

.PHONY: help run test test-rust test-browser bench growth reports peer lint eval calibrate models models-multilingual models-reranker system-packages crash freshness fuzz
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: models ## Build, index content/, serve on LISTEN (127.0.0.1:8080) and print the addresses
	cargo build --release --bin signpost
	$(TARGET)/release/signpost serve --content content --data $(DATA) --listen $(LISTEN) --model $(MODEL)

test: system-packages models test-rust test-browser ## Pass all tests, browser ones included

test-rust: models
	cargo test --workspace

# The binary of `cargo test`: built alone it would have other features of its dependencies, and all of them be built twice.
test-browser: models
	cargo test --workspace --no-run
	cd widgets && npm ci --no-audit --no-fund && SIGNPOST_BIN=$(abspath $(TARGET))/debug/signpost npm test

bench: models ## Criterion groups, then whole-process load beside a bare endpoint
	cargo bench --workspace --bench steps --bench http_load

growth: ## What a query costs at 1,000, 10,000 and 100,000 passages
	cargo bench --workspace --bench growth

reports: ## How long reports of 10,000 to 10 million events take; SIGNPOST_DATABASE=postgres://… for PostgreSQL too
	cargo bench --workspace --bench reports

peer: models ## CPU of a query beside a naive tantivy service: PEER="--content DIR --portal ID --questions FILE"
	cargo bench --workspace --bench naive_peer -- $(PEER)

crash: models ## Kill the server 100 times while it indexes and takes events; nothing acknowledged may be lost
	SIGNPOST_KILLS=100 cargo test --workspace --release --test main crash -- --nocapture

freshness: models ## Time from save to found over HTTP, 1,000 saves
	cargo bench --workspace --bench freshness

# Without a sanitizer and the tracing of comparisons, which slow it tenfold: the code under test is safe Rust, and what is looked
# for is panics, broken promises and cost.
# What the fuzzer finds worth keeping gathers in fuzz/found; only seeds that somebody chose are committed, in fuzz/corpus.
fuzz: ## Fuzz asking, parsing and indexing for FUZZ_SECONDS (600) each; needs nightly Rust and cargo-fuzz
	@command -v cargo-fuzz >/dev/null || { echo "cargo-fuzz is not installed: cargo install cargo-fuzz"; exit 1; }
	@set -e; for target in ask parse shelf; do mkdir -p fuzz/found/$$target; \
	cargo +nightly fuzz run --sanitizer none --no-trace-compares $$target fuzz/found/$$target fuzz/corpus/$$target -- \
	  -max_total_time=$(FUZZ_SECONDS) -timeout=10 -max_len=2048; done

eval: models ## Judge the ranking: DATA=folder of collections in the BEIR form, EVAL=options of scripts/eval.py
	cargo build --release --bin signpost
	python3 scripts/eval.py $(TARGET)/release/signpost $(MODEL) $(DATA) $(EVAL)

FITTED := search-api/src/retrieval/confidence/fitted
SIGNALS ?= data/signals
# For a model other than the default: FIT="--vectors $(FITTED)/NAME.rs", and SIGNALS in a folder of its own.
FIT     ?= --words $(FITTED)/words.rs --vectors $(FITTED)/minilm.rs --plot benches/reliability.svg
calibrate: models ## Fit the confidence of answer lists to judged collections: DATA and EVAL as for eval
	cargo build --release --bin signpost
	python3 scripts/eval.py $(TARGET)/release/signpost $(MODEL) $(DATA) --signals $(SIGNALS) $(EVAL)
	python3 scripts/fit_confidence.py $(SIGNALS) $(FIT)
	cargo fmt --all

lint: ## Formatting, clippy, documentation; advisories where their database can be had
	cargo fmt --all --check
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings -A rustdoc::private-intra-doc-links" cargo doc --workspace --no-deps --document-private-items
	@if ! command -v cargo-deny >/dev/null; then echo "cargo-deny is not installed: cargo install cargo-deny"; \
	else cargo deny check bans licenses sources && \
	  { cargo deny check advisories || { cargo deny fetch 2>/dev/null && exit 1; echo "no advisory database here: skipped"; }; }; fi

models: $(MODEL)/SHA256SUMS ## Build the embedding model from its weights and fetch its runtime, digests checked
models-multilingual: models/multilingual-e5-small/SHA256SUMS ## Build a model that crosses languages; then: make run MODEL=models/multilingual-e5-small
models-reranker: models/all-MiniLM-L6-v2-reranker/SHA256SUMS ## Build the second stage for --reranker
models/%/SHA256SUMS: $(wildcard scripts/models/*.py) scripts/models/requirements.txt
	python3 scripts/models/build.py $* models
	@touch $@

system-packages:
	@scripts/system_packages.sh
