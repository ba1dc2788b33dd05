/** What was done to an object: `deployment.apps/web created`, or the object itself with -o. */
import type { UnstructuredObject } from '../../api/object.ts';
import { type CommandIo, UsageError } from '../command.ts';
import { escapeControls } from '../print/escape.ts';
import { kindPrefix, nameLine } from '../print/name-line.ts';
import { withoutManagedFields } from '../print/object-printer.ts';
import { formatStructured } from '../print/structured.ts';
import { type DryRun, dryRunSuffix } from './dry-run.ts';
import type { Target } from './select-targets.ts';

export type OutcomeFormat = 'sentence' | 'name' | 'json' | 'yaml';

export function parseOutcomeFormat(output: string | undefined): OutcomeFormat {
  switch (output) {
    case undefined:
    case '':
      return 'sentence';
    case 'name':
    case 'json':
    case 'yaml':
      return output;
  }
  throw new UsageError(`invalid value "${output}" for --output: allowed are json, yaml, name`);
}

export interface Outcome {
  /** As the server has it now, or as it would be sent. */
  object: UnstructuredObject;
  /** `created`, `scaled`. */
  done: string;
}

/** Prints one object after the other. */
export class OutcomePrinter {
  readonly #io: CommandIo;
  readonly #format: OutcomeFormat;
  readonly #dryRun: DryRun;
  #printed = 0;

  constructor(io: CommandIo, { format, dryRun }: { format: OutcomeFormat; dryRun: DryRun }) {
    this.#io = io;
    this.#format = format;
    this.#dryRun = dryRun;
  }

  async print({ object, done }: Outcome): Promise<void> {
    const { stdout } = this.#io;
    if (this.#format === 'name') stdout.write(nameLine(object));
    else if (this.#format === 'sentence') {
      stdout.write(`${nameLine(object).trimEnd()} ${done}${dryRunSuffix(this.#dryRun)}\n`);
    } else {
      const text = await formatStructured(withoutManagedFields(object), this.#format, stdout);
      stdout.write(this.#format === 'yaml' && this.#printed > 0 ? `---\n${text}` : text);
    }
    this.#printed++;
  }
}

/** `deployment.apps/web`. */
export function targetName({ type, name }: Target): string {
  return escapeControls(`${kindPrefix(type)}/${name}`);
}
