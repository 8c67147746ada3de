# The emulator in a container: `docker build --tag cinchy-emulator .`, then
# `docker run --rm --publish 127.0.0.1:8081:8081 cinchy-emulator` and open http://localhost:8081/admin.
#
# The listener is not a loopback one, since Docker forwards the port to the container's network. Therefore:
# - the control API (/_emulator) is off unless CINCHY_EMULATOR_CONTROL_TOKEN is set;
# - a bare platform (CINCHY_EMULATOR_SEED, CINCHY_EMULATOR_NO_SEED) refuses `admin` with the well-known password until a
#   seed gives another one. The built-in demo seed names its own passwords.
# Every option has a variable CINCHY_EMULATOR_<OPTION>; `docker run --rm cinchy-emulator serve --help` lists them.

FROM rust:1-bookworm AS builder
WORKDIR /build
COPY . .
# The caches outlive the build, so the program is copied out of them.
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/build/target \
    cargo build --release --locked --package cinchy-emulator \
    && cp target/release/cinchy-emulator /usr/local/bin/cinchy-emulator

FROM debian:bookworm-slim
RUN useradd --system --uid 10001 --create-home --home-dir /data emulator
COPY --from=builder /usr/local/bin/cinchy-emulator /usr/local/bin/cinchy-emulator
USER emulator
# To keep data, mount a volume here and set CINCHY_EMULATOR_DATABASE=sqlite:/data/cinchy.sqlite.
WORKDIR /data
EXPOSE 8081
HEALTHCHECK --interval=5s --timeout=10s --start-period=30s --retries=3 \
    CMD ["cinchy-emulator", "ready", "--url", "http://localhost:8081", "--timeout", "5s"]
ENTRYPOINT ["cinchy-emulator"]
CMD ["serve", "--listen", "0.0.0.0:8081"]
