/** `--validate`: what the server does about fields that a kind does not have. */
import { UsageError } from '../command.ts';
import type { FlagTable } from '../flags.ts';

export const validateFlag = {
  validate: {
    type: 'string',
    value: 'HOW',
    bare: 'strict',
    description: 'unknown and duplicate fields: strict refuses them (default), warn tells, ignore drops them',
  },
} as const satisfies FlagTable;

export function parseValidation(value: string | undefined): 'Ignore' | 'Warn' | 'Strict' {
  switch (value) {
    case undefined:
    case 'strict':
    case 'true':
      return 'Strict';
    case 'warn':
      return 'Warn';
    case 'ignore':
    case 'false':
      return 'Ignore';
  }
  throw new UsageError(`invalid value "${value}" for --validate: strict, warn or ignore`);
}
