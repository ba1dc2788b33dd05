# Sourced by prepare.sh with $root set: npm ci, by one process at a time in a checkout, since two at once break each other.

# A link to nowhere, named after the shell and the npm that install: it is made in one step with their ids in it, and stands
# outside of node_modules, which npm ci empties.
install_lock=$root/.installing

# Without the lock, the log is gone when this ends, and it prints why. npm's id is in the lock too: where the shell alone was killed, npm goes on.
install_packages() {
  sh -c '
    ln -s "$2.$$" "$3" 2>&1 || { rm -f "$4"; exit 1; }
    # Whoever had the lock before may have installed all.
    if [ -e "$1/node_modules/.fairlead-installed" ] && ! [ "$1/package-lock.json" -nt "$1/node_modules/.fairlead-installed" ]; then exit 0; fi
    echo "fairlead: first use, installing what it needs (npm ci)" >&2
    cd "$1" || exit 1
    exec npm ci --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=2000 >"$4" 2>&1 </dev/null
  ' sh "$root" "$$" "$install_lock" "$1"
}

# A process that ended and that nobody asked about, as happens in containers, is none.
installer_runs() {
  if [ -r "/proc/$1/stat" ]; then
    read -r installer_stat 2>/dev/null <"/proc/$1/stat" || return 1
    case ${installer_stat##*) } in [ZX]*) return 1 ;; *) return 0 ;; esac
  fi
  kill -0 "$1" 2>/dev/null
}

# Who finds the lock's owner dead may have found it long ago: one at a time looks again and takes the lock away.
remove_lock_of() {
  mkdir "$install_lock.stale" 2>/dev/null || return 0
  if [ "$(readlink "$install_lock" || :)" = "$1" ]; then rm -f "$install_lock"; fi
  rmdir "$install_lock.stale"
}

if ! command -v npm >/dev/null 2>&1; then
  echo "fairlead: npm is not on PATH; install Node.js 20 or newer, which brings it, and try again." >&2
  exit 1
fi
if ! [ -w "$root" ]; then
  echo "fairlead: cannot install what it needs: $root is not writable." >&2
  exit 1
fi
install_waited=0
install_missed=0
while :; do
  install_log=$(mktemp)
  if install_why=$(install_packages "$install_log"); then
    rm -f "$install_log"
    : >"$root/node_modules/.fairlead-installed"
    rm -f "$install_lock"
    break
  fi
  if [ -e "$install_log" ]; then
    rm -f "$install_lock"
    head -n 5 "$install_log" >&2
    rm -f "$install_log"
    echo "fairlead: npm ci failed, see above. The first use needs a network: connect, then run the same command again." >&2
    exit 1
  fi
  install_owner=$(readlink "$install_lock" || :)
  if [ -z "$install_owner" ]; then
    # It was given back meanwhile; where that is so time after time, none can be made.
    install_missed=$((install_missed + 1))
    if [ "$install_missed" -lt 20 ]; then continue; fi
    echo "fairlead: cannot install what it needs: $install_why" >&2
    exit 1
  fi
  install_missed=0
  install_shell=${install_owner%.*}
  # This shell owns nothing now: a lock with its id is of one long dead.
  if ! { [ "$install_shell" != "$$" ] && installer_runs "$install_shell"; } && ! installer_runs "${install_owner#*.}"; then
    remove_lock_of "$install_owner"
  fi
  [ "$(readlink "$install_lock" || :)" = "$install_owner" ] || continue
  if [ "$install_waited" -eq 0 ]; then
    echo "fairlead: process $install_shell installs what it needs, waiting for it" >&2
  elif [ "$install_waited" -ge 600 ]; then
    echo "fairlead: process $install_shell has not installed in 10 minutes; end it, remove $install_lock and $install_lock.stale, and try again." >&2
    exit 1
  fi
  sleep 1
  install_waited=$((install_waited + 1))
done
