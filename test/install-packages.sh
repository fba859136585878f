#!/usr/bin/env bash
# Installs what is needed of Debian and is not there: for tests `origins` and `caddy`, web servers as people run them, `recipes`,
# what the examples for origins run on, and `browser`; for the benchmark `haproxy` and `apache`. Needs root.
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || { echo "usage: $0 origins|recipes|caddy|browser|haproxy|apache ..." >&2; exit 2; }
updated= failed=
for need in "$@"; do
  missing=$(npx --no-install node test/packages.ts "$need")
  [ -n "$missing" ] || continue
  [ -n "$updated" ] || apt-get update -qq && updated=yes
  # RUNLEVEL=1 keeps Debian from starting services. One word each.
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -yqq --no-install-recommends $missing >/dev/null || failed=yes
done
[ -z "$failed" ]
