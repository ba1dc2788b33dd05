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

/** Other names of commands that are not here, and a word under which releases keep what they try out. */
const otherNames: Readonly<Record<string, string>> = {
  'create ing': 'create ingress',
  'create pdb': 'create poddisruptionbudget',
  'create pc': 'create priorityclass',
  'create resourcequota': 'create quota',
  alpha: 'alpha',
};

/** The words at the beginning that are a command of kubectl; undefined when the first is none. */
export function kubectlCommand(words: readonly string[]): string | undefined {
  const { commands } = facts();
  let found: string | undefined;
  for (let count = 1; count <= words.length; count++) {
    const name = words.slice(0, count).join(' ');
    const known = Object.hasOwn(commands, name) ? name : Object.hasOwn(otherNames, name) ? otherNames[name] : undefined;
    if (known === undefined) break;
    found = known;
  }
  return found;
}

export function kubectlFirstWords(): string[] {
  return Object.keys(facts().commands).filter((name) => !name.includes(' '));
}

/** Flag without its dashes. */
export function kubectlHasFlag(command: string, flag: string): boolean {
  const { commands, globalFlags } = facts();
  return (commands[command] ?? []).includes(flag) || globalFlags.includes(flag);
}
