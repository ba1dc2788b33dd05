/** One command of the command line, as the tables of `commands/` list them. */
import type { CliCommand } from './command.ts';

/** Under which heading the overview lists a command; the headings, in their order, are in `help.ts`. */
export type CommandGroup = 'machine' | 'reach' | 'objects' | 'pods' | 'kubeconfig' | 'about';

export interface CommandRow {
  /** One word or more: `get`, `config view`. */
  name: string;
  /** Other names for it, with as many words. */
  aliases?: readonly string[];
  group: CommandGroup;
  /** A sentence for the list of commands. */
  summary: string;
  /** Left out of help and completion: for programs. */
  hidden?: true;
  /** The command, of whatever flags; loaded on use. */
  load(): Promise<CliCommand>;
}
