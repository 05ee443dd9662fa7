# The commands of CI. `just` lists the recipes; `just ci` is everything.

_:
    @just --list

# The README's first command: everything on the embedded AWS.
up:
    cargo run --locked -- apply --env local --yes

# Remove what `up` created.
down:
    cargo run --locked -- destroy --env local --yes

# All tests, or those of one crate or name: just test -p deployer-engine lease
test *ARGUMENTS="--workspace":
    cargo test --locked {{ARGUMENTS}}

# Formatting, lints, documentation, links.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --quiet
    python3 .ci/links.py

# Check every spec of config/ with its flows, and run the tests of flows.
specs:
    .ci/specs

# Regenerate the generated documents: command line, schema, reference of the spec, flow actions.
docs:
    UPDATE_DOCS=1 UPDATE=1 cargo test --locked -p deployer -p deployer-spec -p deployer-flow

# The interoperability suite on the embedded AWS, moto and ministack.
interop *ARGUMENTS:
    .ci/interop {{ARGUMENTS}}

# Each fuzz target for so many seconds. Needs cargo-fuzz and a C++ compiler.
fuzz SECONDS="60" *TARGETS:
    deployer/fuzz/run.sh {{SECONDS}} {{TARGETS}}

# Terraform's AWS provider on the embedded AWS.
terraform *ARGUMENTS:
    .ci/terraform {{ARGUMENTS}}

# Any fault at any call, and random sequences, for so many seconds each.
simulate SECONDS="60":
    cargo run --release --locked -p sim -- exhaustive --time {{SECONDS}}
    cargo run --release --locked -p sim -- --seeds 1000000 --time {{SECONDS}}

# Install the hooks of .pre-commit-config.yaml: pre-commit, commit message, pre-push.
hooks:
    python3 -m venv target/hooks
    target/hooks/bin/pip install --quiet pre-commit==4.7.0
    target/hooks/bin/pre-commit install

# All checks of CI.
ci:
    bash .ci/run
