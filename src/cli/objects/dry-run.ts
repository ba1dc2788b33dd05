/** `--dry-run`, as kubectl reads it. */
import { type CommandIo, UsageError } from '../command.ts';

export type DryRun = 'none' | 'client' | 'server';

/** What `--dry-run` without a value holds, as kubectl has it. */
export const bareDryRun = 'unchanged';

/** What kubectl still takes, and what is to be written for it. */
const deprecated: Readonly<Record<string, readonly [given: string, instead: 'client' | 'none']>> = {
  [bareDryRun]: ['--dry-run is deprecated', 'client'],
  true: ['--dry-run=true is deprecated (boolean value)', 'client'],
  false: ['--dry-run=false is deprecated (boolean value)', 'none'],
};

/** `io` is told of forms that are deprecated. Throws UsageError. */
export function parseDryRun(value: string | undefined, io?: Pick<CommandIo, 'stderr'>): DryRun {
  if (value === undefined) return 'none';
  if (value === 'none' || value === 'client' || value === 'server') return value;
  const old = Object.hasOwn(deprecated, value) ? deprecated[value] : undefined;
  if (old === undefined) throw new UsageError(`invalid value "${value}" for --dry-run: none, client or server`);
  const [given, instead] = old;
  io?.stderr.write(`Warning: ${given} and can be replaced with --dry-run=${instead}.\n`);
  return instead;
}

/** What follows a sentence about something that was not done. */
export function dryRunSuffix(dryRun: DryRun): string {
  if (dryRun === 'none') return '';
  return dryRun === 'client' ? ' (dry run)' : ' (server dry run)';
}
