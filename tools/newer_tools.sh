#!/bin/sh
# Unpack the clients that only newer Debian releases have into .tools, beside the system; nothing is installed.
# What cannot be had is said, and the tests that need it are skipped.
set -eu
cd "$(dirname "$0")/.."
folder=$PWD/.tools
stamp=$folder/stamp-1 # counted up when the lists below change

static='cosign oras crane notation umoci'
linked='skopeo buildah'
libraries='libc6 libgpgme45 libassuan9 libgpg-error0 libsubid6 libsqlite3-0 libseccomp2 libgcc-s1'

if [ -e "$stamp" ]; then exit 0; fi
if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
  echo "tools: not a Debian, so the tests with $static and newer $linked will be skipped" >&2
  exit 0
fi

site=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null | head -n 1)
keys=/usr/share/keyrings/debian-archive-keyring.gpg
if [ -z "$site" ] || [ ! -e "$keys" ]; then
  echo "tools: no mirror or no keyring of Debian here, so the tests with $static will be skipped" >&2
  exit 0
fi

work=$folder/work
rm -rf "$folder"
mkdir -p "$work/lists/partial" "$work/cache/archives/partial" "$work/debs" "$folder/newer" "$folder/bin"
echo "deb [signed-by=$keys] $site sid main" >"$work/sources.list"
apt() {
  apt-get -qq -o "Dir::Etc::sourcelist=$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User="$(id -un)" \
    -o Acquire::Languages=none -o Acquire::Retries=3 "$@"
}

echo "tools: unpacking $static and newer $linked into .tools"
# shellcheck disable=SC2086
if ! (apt update && cd "$work/debs" && apt download $static $linked $libraries); then
  echo "tools: they cannot be had now, so the tests with them will be skipped" >&2
  rm -rf "$folder"
  exit 0
fi
for package in "$work"/debs/*.deb; do dpkg-deb -x "$package" "$folder/newer"; done
for name in $static; do ln -s "../newer/usr/bin/$name" "$folder/bin/$name"; done
# Those that are linked run with the libraries they were built with, not with the system's.
loader=$(cd "$folder/newer" && find usr/lib -name 'ld-linux*.so*' | head -n 1)
for name in $linked; do
  cat >"$folder/bin/newer-$name" <<END
#!/bin/sh
root=\$(dirname "\$(readlink -f "\$0")")/../newer
exec "\$root/$loader" --library-path "\$root/$(dirname "$loader")" "\$root/usr/bin/$name" "\$@"
END
  chmod +x "$folder/bin/newer-$name"
done
rm -rf "$work"
touch "$stamp"
