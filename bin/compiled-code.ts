/**
 * Runs a script from what V8 compiled of it in runs before. Node's own compile cache keeps what is compiled while a file is
 * loaded, and that leaves out nearly every function: they are compiled when they are first called, in each process anew, which
 * was a seventh of the time of a short command.
 */
import type { Script } from 'node:vm';

export interface CodePlace {
  /** The file of the compiled code: in a directory that nobody else can write to, or it could be anybody's code. */
  file: string;
  /** Tells one source from another: 32 characters of ASCII. V8 itself looks at nothing but its length, and at its own version. */
  identity: string;
}

/** What runs in an hour is likely to run again: functions that are not yet kept are added so often. */
const renewedAfterMs = 3_600_000;

/** Runs a CommonJS file with this `require`. Without a place it is compiled each time. */
export function runCompiled(path: string, place: CodePlace | undefined, required: NodeJS.Require): void {
  const { readFileSync } = require('node:fs');
  const { dirname } = require('node:path');
  const vm = require('node:vm');
  const kept = place === undefined ? undefined : readCode(place);
  const source: string = readFileSync(path, 'latin1');
  const script: Script = new vm.Script(`(function (require, __filename, __dirname, module, exports) {${source}\n})`, {
    filename: path,
    cachedData: kept?.code,
  });
  const isKept = kept !== undefined && script.cachedDataRejected !== true;
  if (place !== undefined && !(isKept && kept.ageMs < renewedAfterMs)) {
    process.once('exit', () => keepCode(place, script));
  }
  const module = { exports: {} };
  script.runInThisContext()(required, path, dirname(path), module, module.exports);
}

function readCode({ file, identity }: CodePlace): { code: Buffer; ageMs: number } | undefined {
  const { readFileSync, statSync } = require('node:fs');
  try {
    const bytes: Buffer = readFileSync(file);
    if (bytes.toString('latin1', 0, identity.length) !== identity) return undefined;
    return { code: bytes.subarray(identity.length), ageMs: Date.now() - statSync(file).mtimeMs };
  } catch {
    return undefined;
  }
}

/** Where it cannot be written nothing is kept. */
function keepCode({ file, identity }: CodePlace, script: Script): void {
  const { mkdirSync, renameSync, rmSync, writeFileSync } = require('node:fs');
  const temporary = `${file}.${process.pid}.tmp`;
  try {
    mkdirSync(require('node:path').dirname(file), { recursive: true, mode: 0o700 });
    const content = Buffer.concat([Buffer.from(identity, 'latin1'), script.createCachedData()]);
    writeFileSync(temporary, content, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, file);
  } catch {
    rmSync(temporary, { force: true });
  }
}
