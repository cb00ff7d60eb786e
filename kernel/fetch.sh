#!/bin/sh
# fetch.sh FOLDER: a kernel of Debian's backports, and the test driver and the lab's module for it, made with the compiler and the headers of
# that kernel. FOLDER gets `vmlinuz`, `test_hmm.ko`, `hmm_lab_hold.ko` and `release`; or `why`, a sentence, with exit code 2. Nothing outside
# of it is touched.
set -u
folder=$1
suite=${HMM_LAB_SUITE:-trixie}
sources=$(cd "$(dirname "$0")" && pwd)

fail() {
  trap - EXIT
  echo "$1" >"$folder/why"
  rm -rf "$folder/apt" "$folder/root"
  echo "fetch.sh: $1" >&2
  exit 2
}

say() { echo "$(date +%T) $1"; }

mkdir -p "$folder" || exit 2
folder=$(cd "$folder" && pwd)
if [ -e "$folder/release" ]; then
  say "Linux $(cat "$folder/release") is there already"
  exit 0
fi
rm -rf "$folder/why" "$folder/apt" "$folder/root"
trap 'fail "it took too long, or was stopped"' TERM INT HUP
trap 'fail "it ended before it was done"' EXIT
[ "$(uname -sm)" = 'Linux x86_64' ] || fail "this is no Linux on x86-64"
[ "$(id -u)" = 0 ] || fail "only root can build in a folder with a compiler of its own (chroot)"
for tool in apt-get apt-cache dpkg-deb chroot unshare tar xz; do
  command -v $tool >/dev/null || fail "there is no $tool"
done

# apt works in the folder, with a list of its own of what is installed: nothing.
apt=$folder/apt root=$folder/root
mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial" "$root"
: >"$apt/status"
for one in $suite $suite-backports; do
  echo "deb http://deb.debian.org/debian $one main"
done >"$apt/sources.list"
cat >"$apt/apt.conf" <<END
Dir::Etc::sourcelist "$apt/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State::lists "$apt/lists";
Dir::State::status "$apt/status";
Dir::Cache "$apt/cache";
Acquire::Languages "none";
Acquire::Retries "1";
Acquire::http::Timeout "10";
APT::Architecture "amd64";
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Update::Error-Mode "any";
END
export APT_CONFIG="$apt/apt.conf"

say "asking Debian for $suite and its backports"
apt-get update -qq 2>"$apt/log" || fail "Debian's packages cannot be reached: $(head -n 1 "$apt/log")"
release=$(apt-cache show "linux-headers-amd64/$suite-backports" 2>/dev/null | sed -n 's/^Depends:.* linux-headers-\([^ ,]*\).*/\1/p')
[ -n "$release" ] || fail "there is no kernel in $suite-backports"
series=$(echo "$release" | cut -d. -f1-2)
image=
for name in "linux-binary-unsigned-$release" "linux-image-$release-unsigned" "linux-image-$release"; do
  if [ -z "$image" ] && apt-cache show "$name" >/dev/null 2>&1; then image=$name; fi
done
[ -n "$image" ] || fail "there is no image of Linux $release"

say "fetching Linux $release"
apt-get install -qq -y --download-only "linux-headers-$release" binutils make bash coreutils mawk sed grep base-files >"$apt/log" 2>&1 &&
  (cd "$apt" && apt-get download -qq "$image" "linux-source-$series") >>"$apt/log" 2>&1 ||
  fail "the packages of Linux $release cannot be fetched: $(tail -n 1 "$apt/log")"

say 'unpacking it'
unpack() { dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --exclude='./usr/share/*' || fail "$1 cannot be unpacked"; }
# The first one has the links between folders that the others rely on.
for package in "$apt"/cache/archives/base-files_*.deb "$apt"/cache/archives/*.deb; do unpack "$package" "$root"; done
mkdir -p "$apt/image" "$root/driver" "$root/dev" "$root/tmp" "$root/proc"
unpack "$apt/$image"_*.deb "$apt/image"
ln -sf bash "$root/usr/bin/sh"
ln -sf mawk "$root/usr/bin/awk"
mknod -m 666 "$root/dev/null" c 1 3 2>/dev/null || : >"$root/dev/null"
# The sources of the kernel are one large archive in a package: it is read until both files have come.
dpkg-deb --fsys-tarfile "$apt/linux-source-$series"_*.deb 2>/dev/null | tar -xO "./usr/src/linux-source-$series.tar.xz" 2>/dev/null |
  tar -xJ -C "$root/driver" --strip-components=2 --occurrence=1 "linux-source-$series/lib/test_hmm.c" "linux-source-$series/lib/test_hmm_uapi.h" 2>&1 ||
  fail "linux-source-$series has no test driver where it was looked for"

say 'building the modules'
echo 'obj-m := test_hmm.o' >"$root/driver/Kbuild"
cp -r "$sources/hold" "$root/hold"
# The kernel's objtool wants a /proc, which goes with the mount namespace.
in_root='mount -t proc proc "$0/proc" && exec chroot "$0" "$@"'
for module in driver/test_hmm hold/hmm_lab_hold; do
  unshare --mount sh -c "$in_root" "$root" make -s -C "/usr/src/linux-headers-$release" "M=/${module%/*}" modules >"$apt/log" 2>&1 ||
    fail "$module.ko is not built: $(grep -m 1 -iE "error|not found" "$apt/log")"
  mv "$root/$module.ko" "$folder/"
done
mv "$(find "$apt/image" -name 'vmlinuz*' -type f | head -n 1)" "$folder/vmlinuz" || fail "$image has no kernel"
rm -rf "$apt" "$root"
echo "$release" >"$folder/release"
trap - EXIT
say "Linux $release is in $folder"
