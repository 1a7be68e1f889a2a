#!/bin/sh
# Run the project's uv with the package index and certificates that pip is configured for: uv does not read pip's settings.
set -eu
bin=$(dirname "$0")/../.venv/bin
settings=$("$bin/python" -m pip --disable-pip-version-check config list)

# Later lines win, as pip lets variables win over files: global.NAME='VALUE', install.NAME='VALUE', :env:.NAME='VALUE'
setting() {
  for place in :env: install global; do
    value=$(printf '%s\n' "$settings" | sed -n "s/^$place\.$1='\(.*\)'\$/\1/p" | tail -n 1)
    if [ -n "$value" ]; then printf '%s' "$value" | sed 's/\\n/ /g'; return; fi
  done
}

adopt() {
  value=$(setting "$2")
  if [ -n "$value" ] && [ -z "$(printenv "$1")" ]; then export "$1=$value"; fi
}

adopt UV_DEFAULT_INDEX index-url
adopt UV_INDEX extra-index-url
adopt UV_INSECURE_HOST trusted-host
adopt SSL_CERT_FILE cert
adopt UV_HTTP_TIMEOUT default-timeout
if [ -z "${UV_FIND_LINKS:-}" ] && [ -n "$(setting find-links)" ]; then
  UV_FIND_LINKS=$(setting find-links | tr ' ' ',')
  export UV_FIND_LINKS
fi
# pip looks in all its indexes; the hashes in the requirement files decide what may be installed.
export UV_INDEX_STRATEGY="${UV_INDEX_STRATEGY:-unsafe-best-match}"
exec "$bin/uv" --no-config --quiet "$@"
