/**
 * Writes `src/cli/kubectl/generated/commands.json`: the commands of kubectl and the flags of each, as the real one tells them by `--help`.
 * Run: `tools/with-node tools/facts/kubectl-commands.ts`.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { buildPeers, peerPath } from '../../test/peers/build.ts';

const target = resolve(import.meta.dirname, '../../src/cli/kubectl/generated/commands.json');

function help(...words: string[]): string {
  return execFileSync(peerPath('kubectl'), [...words, '--help'], { encoding: 'utf8', env: { HOME: '/nonexistent' } });
}

function flagsIn(text: string): string[] {
  return [...text.matchAll(/^ {4}(?:-(\w), )?--([\w-]+)=/gm)].flatMap(([, short, long = '']) =>
    short === undefined ? [long] : [long, short],
  );
}

/** `kubectl --help` has its commands under many headings, a command its own under one. */
function commandsIn(text: string): string[] {
  const sections = text.matchAll(/^[\w ()/,]*Commands[\w ()/,]*:\n((?: {2}\S.*\n)+)/gm);
  return [...sections].flatMap(([, lines = '']) =>
    [...lines.matchAll(/^ {2}([\w-]+) /gm)].map(([, name = '']) => name),
  );
}

const commands: Record<string, string[]> = {};
function collect(words: string[]): void {
  const text = help(...words);
  const below = commandsIn(text);
  if (words.length > 0) commands[words.join(' ')] = flagsIn(text);
  for (const name of below) collect([...words, name]);
}

buildPeers(['kubectl']);
collect([]);
const globalFlags = flagsIn(execFileSync(peerPath('kubectl'), ['options'], { encoding: 'utf8' }));
const entries = Object.entries(commands).map(
  ([name, flags]) => `    ${JSON.stringify(name)}: ${JSON.stringify(flags)}`,
);
writeFileSync(
  target,
  `{\n  "globalFlags": ${JSON.stringify(globalFlags)},\n  "commands": {\n${entries.join(',\n')}\n  }\n}\n`,
);
