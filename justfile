# Shortcuts for daily work. Nothing needs `just`: CI runs `.ci/run`, which uses scripts/test.

# Lists the recipes.
default:
    @just --list

# Starts the emulator; what follows goes to it, for example `just run --listen 127.0.0.1:0`.
run *ARGS:
    cargo run -p cinchy-emulator -- serve {{ARGS}}

# Runs the tests on SQLite and PostgreSQL; what follows goes to `cargo test`.
test *ARGS:
    scripts/test {{ARGS}}

# Runs real clients against the debug binary; what follows names suites below e2e/.
e2e *ARGS:
    scripts/with-postgres scripts/e2e {{ARGS}}

# Checks format, lints and documentation.
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

# Measures the HTTP interface in a release build.
bench *ARGS:
    cargo bench -p cinchy-emulator --bench http -- {{ARGS}}

# Pictures the console for the README. Pictures of every page are left in target/screenshots by `just e2e console`.
screenshots:
    scripts/e2e --instead node e2e/console/screenshots.mjs

# Builds the container image.
docker-build:
    docker build --tag cinchy-emulator .

# Starts the emulator on PostgreSQL in containers.
docker-up:
    docker compose up --build
