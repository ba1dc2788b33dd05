/** `--dry-run`, as kubectl reads it. */
import { UsageError } from '../command.ts';

export type DryRun = 'none' | 'client' | 'server';

/** Bare `--dry-run` and `--dry-run=true` mean `client`. */
export function parseDryRun(value: string | undefined): DryRun {
  switch (value) {
    case undefined:
    case 'none':
    case 'false':
      return 'none';
    case 'server':
      return 'server';
    case 'client':
    case 'true':
      return 'client';
  }
  throw new UsageError(`invalid value "${value}" for --dry-run: none, client or server`);
}

/** What follows a sentence about something that was not done. */
export function dryRunSuffix(dryRun: DryRun): string {
  if (dryRun === 'none') return '';
  return dryRun === 'client' ? ' (dry run)' : ' (server dry run)';
}
