# Installing what a script needs, on Debian. Sourced by scripts/test and scripts/e2e, which set `SAYS` to their names.
# shellcheck shell=bash

say() { printf '%s: %s\n' "$SAYS" "$*" >&2; }

as_root() {
  if [[ $(id -u) -eq 0 ]]; then
    "$@"
  elif ! command -v sudo >/dev/null; then
    say "this needs root or sudo: $*"
    return 1
  elif [[ -t 0 ]]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

# need PACKAGE REASON CHECK...: installs the Debian package unless the command CHECK succeeds.
updated=
need() {
  local package=$1 reason=$2
  shift 2
  if "$@"; then
    return
  fi
  if ! command -v apt-get >/dev/null; then
    say "missing: $reason; install the equivalent of the Debian package \`$package\`"
    return 1
  fi
  say "installing the Debian package \`$package\` ($reason)"
  if [[ -z $updated ]]; then
    as_root apt-get update -qq || return 1
    updated=yes
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -qq --yes --no-install-recommends "$package" >/dev/null \
    || return 1
  "$@"
}
