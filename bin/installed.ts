#!/usr/bin/env node
/** Where the installed `fairlead` begins: finds its code compiled from runs before, and runs the bundle in this process. */
import { type CodePlace, runCompiled } from './compiled-code.ts';

/** Of both bundles, by the build. */
declare const BUNDLES_IDENTITY: string;

const [major = 0] = process.versions.node.split('.').map(Number);
if (major < 24) {
  process.stderr.write(
    `error: fairlead needs Node.js 24 or newer, and this is ${process.version}: install a newer one\n`,
  );
  process.exitCode = 1;
} else {
  // kubectl asks for completions of its plugin by this name.
  if (/kubectl_complete-fairlead$/.test(process.argv[1] ?? '')) process.argv.splice(2, 0, '__complete');
  if (/^(proxy|balance)$/.test(process.argv[2] ?? '')) suitPassingTraffic();
  // The same command line with the commands alone that are typed all day: it takes half the time to load.
  const bundle = /^(get|version)$/.test(process.argv[2] ?? '') ? 'quick.cjs' : 'cli.cjs';
  runCompiled(require('node:path').join(__dirname, '..', bundle), codePlace(), require);
}

/** As the launcher of a checkout does, which tells why. */
function suitPassingTraffic(): void {
  const { setFlagsFromString } = require('node:v8');
  setFlagsFromString('--single-threaded-gc');
  setFlagsFromString('--no-allocation-site-pretenuring');
}

/** In the user's own directory. One file for each command, since every command runs other parts of the code. */
function codePlace(): CodePlace | undefined {
  const { XDG_CACHE_HOME, HOME } = process.env;
  const base = XDG_CACHE_HOME?.startsWith('/') ? XDG_CACHE_HOME : HOME?.startsWith('/') ? `${HOME}/.cache` : undefined;
  if (base === undefined) return undefined;
  const word = process.argv.slice(2).find((argument) => /^[a-z_][a-z_-]{0,20}$/.test(argument));
  return { file: `${base}/fairlead/compiled/${word ?? 'other'}.code`, identity: BUNDLES_IDENTITY };
}
