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

# Pictures pages of a running emulator into docs/images; each page is NAME=PATH below the emulator's URL.
screenshots +PAGES="console=/admin":
    #!/usr/bin/env bash
    set -euo pipefail
    browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || {
      echo "screenshots need chromium (Debian: apt-get install chromium)" >&2
      exit 1
    }
    cargo build -p cinchy-emulator
    folder=$(mktemp -d)
    emulator=
    cleanup() {
      if [[ -n $emulator ]]; then
        kill "$emulator" 2>/dev/null || true
        wait "$emulator" 2>/dev/null || true
      fi
      rm -rf "$folder"
    }
    trap cleanup EXIT
    trap 'exit 130' INT TERM
    "${CARGO_TARGET_DIR:-target}/debug/cinchy-emulator" serve --listen 127.0.0.1:0 --locator "$folder/locator.json" \
      >"$folder/log" 2>&1 &
    emulator=$!
    # The locator appears, whole, when the emulator is ready.
    for _ in {1..300}; do
      [[ -f $folder/locator.json ]] && break
      kill -0 "$emulator" 2>/dev/null || break
      sleep 0.1
    done
    if [[ ! -f $folder/locator.json ]]; then
      cat "$folder/log" >&2
      exit 1
    fi
    url=$(sed -n 's/.*"url" *: *"\([^"]*\)".*/\1/p' "$folder/locator.json" | head -n 1)
    mkdir -p docs/images
    options=(--headless --hide-scrollbars "--window-size=1280,900" --user-data-dir="$folder/profile")
    if [[ $(id -u) -eq 0 ]]; then
      # Chromium's sandbox refuses to run as root.
      options+=(--no-sandbox)
    fi
    for page in {{PAGES}}; do
      "$browser" "${options[@]}" --screenshot="docs/images/${page%%=*}.png" "${url%/}${page#*=}" 2>>"$folder/log" || {
        tail -n 20 "$folder/log" >&2
        exit 1
      }
      echo "docs/images/${page%%=*}.png"
    done

# Builds the container image.
docker-build:
    docker build --tag cinchy-emulator .

# Starts the emulator on PostgreSQL in containers.
docker-up:
    docker compose up --build
