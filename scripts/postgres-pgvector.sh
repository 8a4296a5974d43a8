#!/usr/bin/env bash
# PostgreSQL 17 with pgvector for tests on Debian bookworm, which has no package of pgvector: Debian trixie's packages
# are unpacked into a folder of their own and run there by chroot, on loopback. Needs root; alters nothing else.
#
#   scripts/postgres-pgvector.sh [start|stop|status|destroy]
#
# `start` may be called again and prints DATABASE_URL=… as its last line on stdout; all else goes to stderr.
#   PGV_ROOT  the folder       (pgvector-root in the temporary directory)
#   PGV_PORT  port             (55432)
#   PGV_DB    database to make (mevichat_test)
set -euo pipefail

root=${PGV_ROOT:-${TMPDIR:-/tmp}/pgvector-root}
port=${PGV_PORT:-55432}
db=${PGV_DB:-mevichat_test}
suite=trixie
bin=/usr/lib/postgresql/17/bin
data=/var/lib/postgresql/test
postgres_uid=26

# What a server that only runs never calls: LLVM is the JIT, Perl Debian's wrappers, systemd the unit.
skip='^(perl.*|libperl.*|libllvm.*|libz3.*|systemd.*|libsystemd-shared|udev|dpkg|apt|openssl.*|login.*|passwd|adduser'
skip+='|postgresql-common.*|postgresql-client-common|ssl-cert|debconf.*|init-system-helpers|sensible-utils|ucf|netbase'
skip+='|locales|libc-l10n|libpam.*-bin|libpam-runtime|tar|mawk|sed|libjson-perl|libcommon-sense-perl'
skip+='|libtypes-serialiser-perl|libjson-xs-perl|sysvinit-utils|gcc-.*-base)$'

log() { echo "[postgres] $*" >&2; }
inside() {
  chroot --userspec=$postgres_uid:$postgres_uid "$root" \
    /usr/bin/env -i PATH=$bin:/usr/bin:/bin LC_ALL=C.UTF-8 HOME=/tmp "$@"
}
running() { [ -s "$root$data/postmaster.pid" ] && inside $bin/pg_ctl -D $data status >/dev/null 2>&1; }

unpack() {
  local apt=$root/.apt mirror packages deb folder options
  mkdir -p "$apt"/{etc/apt.conf.d,etc/preferences.d,state/lists/partial,cache/archives/partial,dpkg}
  # With an empty status apt resolves the whole closure, libc included.
  : >"$apt/dpkg/status"
  mirror=$(awk '/^URIs:/ { print $2; exit }' /etc/apt/sources.list.d/debian.sources)
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$apt/etc/sources.list"
  options=(
    -o Dir::Etc::sourcelist="$apt/etc/sources.list" -o Dir::Etc::sourceparts=/dev/null
    -o Dir::Etc::preferencesparts="$apt/etc/preferences.d" -o Dir::State="$apt/state"
    -o Dir::State::status="$apt/dpkg/status" -o Dir::Cache="$apt/cache" -o Debug::NoLocking=1
    -o APT::Install-Recommends=0 -o APT::Sandbox::User=root -o Acquire::Languages=none -o Acquire::Retries=3
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false
  )
  log "reading the package lists of $suite"
  apt-get "${options[@]}" -qq update >&2
  packages=$(apt-get "${options[@]}" -qq -s install postgresql-17 postgresql-17-pgvector base-files dash coreutils |
    awk '$1 == "Inst" { print $2 }' | grep -Ev "$skip")
  log "downloading $(wc -w <<<"$packages") packages"
  # shellcheck disable=SC2086 # one argument a package
  (cd "$apt/cache/archives" && apt-get "${options[@]}" -qq download $packages >&2)
  log 'unpacking'
  for folder in bin sbin lib lib64; do
    mkdir -p "$root/usr/$folder"
    [ -e "$root/$folder" ] || ln -s "usr/$folder" "$root/$folder"
  done
  # Only unpacked: no maintainer script runs.
  for deb in "$apt"/cache/archives/*.deb; do
    dpkg-deb --fsys-tarfile "$deb" | tar -xf - -C "$root" --keep-directory-symlink \
      --exclude='./usr/share/doc/*' --exclude='./usr/share/man/*' --exclude='./usr/share/locale/*'
  done
  rm -rf "$apt"
  mkdir -p "$root"/{dev/shm,proc,tmp,etc,run/postgresql,var/lib/postgresql}
  chmod 1777 "$root"/{tmp,dev/shm}
  [ -e "$root/dev/null" ] || mknod -m 666 "$root/dev/null" c 1 3
  [ -e "$root/dev/zero" ] || mknod -m 666 "$root/dev/zero" c 1 5
  [ -e "$root/dev/urandom" ] || mknod -m 666 "$root/dev/urandom" c 1 9
  printf 'root:x:0:0:root:/root:/bin/sh\npostgres:x:%s:%s::/tmp:/bin/sh\n' $postgres_uid $postgres_uid >"$root/etc/passwd"
  printf 'root:x:0:\npostgres:x:%s:\n' $postgres_uid >"$root/etc/group"
  echo '127.0.0.1 localhost' >"$root/etc/hosts"
  chown -R $postgres_uid:$postgres_uid "$root/var/lib/postgresql" "$root/run/postgresql"
  ldconfig -r "$root" 2>/dev/null || true
  touch "$root/.unpacked"
}

initialise() {
  log 'initdb'
  inside $bin/initdb -D $data -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >&2
  # Fast and forgetful: what a test database may be.
  cat >>"$root$data/postgresql.conf" <<'CONF'
listen_addresses = '127.0.0.1'
unix_socket_directories = '/tmp'
max_connections = 300
shared_buffers = 256MB
maintenance_work_mem = 512MB
max_parallel_maintenance_workers = 1
jit = off
fsync = off
synchronous_commit = off
full_page_writes = off
CONF
}

start() {
  mkdir -p "$root"
  # Of two callers at once the second waits.
  exec 9>"$root.lock"
  flock 9
  [ -e "$root/.unpacked" ] || unpack
  [ -s "$root$data/PG_VERSION" ] || initialise
  if ! running; then
    rm -f "$root$data/postmaster.pid"
    inside $bin/pg_ctl -D $data -o "-p $port" -l /tmp/postgres.log -w -t 30 start >&2 9>&- || {
      tail -20 "$root/tmp/postgres.log" >&2
      exit 1
    }
  fi
  # Where it was running already, its real port.
  port=$(sed -n 4p "$root$data/postmaster.pid")
  local psql=(inside $bin/psql -h 127.0.0.1 -p "$port" -U postgres -qAtX -v ON_ERROR_STOP=1)
  [ "$("${psql[@]}" -c "select 1 from pg_database where datname = '$db'")" = 1 ] || "${psql[@]}" -c "create database $db"
  "${psql[@]}" -d "$db" -c 'create extension if not exists vector' 2>/dev/null
  log "PostgreSQL $("${psql[@]}" -c 'show server_version')"
  echo "DATABASE_URL=postgres://postgres@127.0.0.1:$port/$db"
}

stop() { ! running || inside $bin/pg_ctl -D $data -m "$1" -w stop >&2; }

[ "$(id -u)" = 0 ] || {
  log 'must run as root: it uses chroot'
  exit 1
}
case ${1:-start} in
  start) start ;;
  stop) stop fast ;;
  status) running ;;
  destroy)
    stop immediate || true
    rm -rf --one-file-system "$root" "$root.lock"
    ;;
  *)
    log "usage: $0 [start|stop|status|destroy]"
    exit 2
    ;;
esac
