import { Writable } from 'node:stream';
import { defineCommand } from '../command.ts';
import type { Completions } from '../completion/candidate.ts';
import { complete } from '../completion/complete.ts';
import { escapeControls } from '../print/escape.ts';
import { commandTable } from './table.ts';

/** Who waits for names with a finger on the Tab key does not wait long. */
const patienceMs = 2000;

/** The last line's number, in the protocol that kubectl's plugins answer in: a sum of these. */
const noSpace = 2;
const noFiles = 4;
const onlyDirectories = 16;

/** `__complete WORD...`: lines of VALUE, tab, description, and one of `:NUMBER`. Says nothing of what goes wrong. */
export const completeCommand = defineCommand({
  usage: 'WORD...',
  examples: [{ does: 'What can be got', line: "fairlead __complete get ''" }],
  flags: {},
  arguments: { min: 0, max: Number.POSITIVE_INFINITY },
  wordsAsTheyAre: true,
  async run({ args, io, signal }) {
    const silence = new Writable({ write: (_chunk, _encoding, done) => done() });
    const limited = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const late = new Promise<never>((_, reject) => {
      limited.addEventListener('abort', () => reject(limited.reason), { once: true });
    });
    let found: Completions = { candidates: [] };
    try {
      const context = { commands: commandTable, io: { ...io, stdout: silence, stderr: silence }, signal: limited };
      found = await Promise.race([complete(args, context), late]);
    } catch {
      // A cluster that does not answer has no names to offer.
    }
    // One line for each candidate, and the directive's.
    const lines = found.candidates.map(({ value, description }) => {
      const [summary = ''] = (description ?? '').split('\n');
      return escapeControls(description === undefined ? value : `${value}\t${summary}`);
    });
    lines.push(`:${directive(found)}`);
    await new Promise<void>((done) => io.stdout.write(`${lines.join('\n')}\n`, () => done()));
    // A credential command that still runs must not hold the shell.
    if (limited.aborted && io.ownsProcess === true) process.exit(0);
    return 0;
  },
});

function directive({ candidates, paths }: Completions): number {
  if (paths === 'files') return 0;
  if (paths === 'directories') return onlyDirectories;
  const goesOn = candidates.length > 0 && candidates.every(({ value }) => /[/=]$/.test(value));
  return noFiles + (goesOn ? noSpace : 0);
}
