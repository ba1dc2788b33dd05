#!/usr/bin/env node
/** Where the installed `fairlead` begins: finds its code compiled from the run before, and runs the bundle in this process. */

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `error: fairlead needs Node.js 24 or newer, and this is ${process.version}: install a newer one\n`,
  );
  process.exitCode = 1;
} else {
  // kubectl asks for completions of its plugin by this name.
  if (/kubectl_complete-fairlead$/.test(process.argv[1] ?? '')) process.argv.splice(2, 0, '__complete');
  useCompileCache();
  if (/^(proxy|balance)$/.test(process.argv[2] ?? '')) suitPassingTraffic();
  // The same command line with the commands alone that are typed all day: it takes half the time to load.
  require(/^(get|version)$/.test(process.argv[2] ?? '') ? '../quick.cjs' : '../cli.cjs');
}

/** As the launcher of a checkout does, which tells why. */
function suitPassingTraffic(): void {
  const { setFlagsFromString } = require('node:v8');
  setFlagsFromString('--single-threaded-gc');
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/**
 * In the user's own directory: what lies in one that others can write could be anybody's code. One for each command, since
 * Node keeps what the first run of a file compiled, and every command runs other parts of it. Without a place there is none.
 */
function useCompileCache(): void {
  const { XDG_CACHE_HOME, HOME } = process.env;
  const base = XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : HOME?.startsWith('/') ? `${HOME}/.cache` : undefined;
  if (base === undefined) return;
  const word = process.argv.slice(2).find((argument) => /^[a-z_][a-z_-]{0,20}$/.test(argument));
  require('node:module').enableCompileCache(`${base}/fairlead/compiled/${word ?? 'other'}`);
}
