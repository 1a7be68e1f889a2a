#!/bin/sh
# Install the clients that the tests use, and the benchmark's rivals: as root on Debian; elsewhere, say what is missing
# and go on.
set -eu
PATH="$PATH:/usr/sbin:/sbin"

# command:package
tools='docker:docker.io dockerd:docker.io containerd:containerd podman:podman crun:crun skopeo:skopeo buildah:buildah
  newuidmap:uidmap ctr:containerd mmdebstrap:mmdebstrap busybox:busybox-static strace:strace curl:curl zsh:zsh ksh:ksh
  docker-registry:docker-registry nginx:nginx-light wrk:wrk'

missing=
packages=
for pair in $tools; do
  if ! command -v "${pair%:*}" >/dev/null; then
    missing="$missing ${pair%:*}"
    packages="$packages ${pair#*:}"
  fi
done
if [ -z "$missing" ]; then exit 0; fi

if [ "$(id -u)" != 0 ] || [ ! -f /etc/debian_version ] || ! command -v apt-get >/dev/null; then
  echo "tools: not installed, so some tests will be skipped:$missing" >&2
  echo "tools: on Debian, as root: apt-get install$packages" >&2
  exit 0
fi

echo "tools: installing$packages"
export DEBIAN_FRONTEND=noninteractive
install() {
  # shellcheck disable=SC2086
  apt-get install --yes --quiet --quiet --no-install-recommends -o DPkg::Lock::Timeout=300 $packages >/dev/null
}
# Rivals come as services that would start now and at every boot, docker-registry on the port that is our own default.
# Masked, they do not; `systemctl unmask` undoes it.
for service in docker-registry nginx; do
  case " $packages " in *" $service"*)
    unit=/etc/systemd/system/$service.service
    if [ -d /etc/systemd/system ] && [ ! -e "$unit" ]; then ln -s /dev/null "$unit"; fi ;;
  esac
done
# The package lists of a fresh machine are empty or old; where they are neither, the update is saved.
if ! install 2>/dev/null; then
  apt-get update --quiet --quiet -o DPkg::Lock::Timeout=300 || true
  install || echo "tools: apt-get failed, so some tests will be skipped" >&2
fi
