/** What kubectl has, read only when somebody asks for what is not here. */
import { readFileSync } from 'node:fs';

interface KubectlFacts {
  globalFlags: readonly string[];
  /** Flags, long and short, by command: `get`, `create secret generic`. */
  commands: Readonly<Record<string, readonly string[]>>;
}

let loaded: KubectlFacts | undefined;

function facts(): KubectlFacts {
  // Our own generator wrote it.
  loaded ??= JSON.parse(readFileSync(new URL('./generated/commands.json', import.meta.url), 'utf8')) as KubectlFacts;
  return loaded;
}

/** The words at the beginning that are a command of kubectl; undefined when the first is none. */
export function kubectlCommand(words: readonly string[]): string | undefined {
  const { commands } = facts();
  let found: string | undefined;
  for (let count = 1; count <= words.length; count++) {
    const name = words.slice(0, count).join(' ');
    if (!Object.hasOwn(commands, name)) break;
    found = name;
  }
  return found;
}

/** Flag without its dashes. */
export function kubectlHasFlag(command: string, flag: string): boolean {
  const { commands, globalFlags } = facts();
  return (commands[command] ?? []).includes(flag) || globalFlags.includes(flag);
}
