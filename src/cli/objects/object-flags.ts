/** Flags that commands share which act on objects of any kind. */
import type { FlagTable } from '../flags.ts';
import { bareDryRun } from './dry-run.ts';

export const fileFlags = {
  filename: {
    type: 'list',
    commas: true,
    short: 'f',
    value: 'FILE',
    description:
      "file, pattern ('*.yaml'), folder or URL with the objects; - for standard input; may be given several times",
  },
  recursive: { type: 'boolean', short: 'R', description: 'read the folders below those of -f too' },
  kustomize: {
    type: 'string',
    short: 'k',
    value: 'FOLDER',
    description: 'not supported here: prints the kubectl line that builds kustomizations',
  },
} as const satisfies FlagTable;

export const selectionFlags = {
  selector: {
    type: 'string',
    short: 'l',
    value: 'SELECTOR',
    description: 'all objects of the type with these labels: app=web,tier!=db',
  },
  'field-selector': {
    type: 'string',
    value: 'SELECTOR',
    description: 'all objects of the type with these fields: status.phase=Running',
  },
  all: { type: 'boolean', description: 'all objects of the type in the namespace' },
  'all-namespaces': { type: 'boolean', short: 'A', description: 'in every namespace' },
} as const satisfies FlagTable;

export const dryRunFlag = {
  'dry-run': {
    type: 'string',
    value: 'WHERE',
    bare: bareDryRun,
    description: 'change nothing: client only shows what would be sent, server lets the server check it; none',
  },
} as const satisfies FlagTable;

/** Who is said to own the fields that are set. */
export function fieldManagerFlag(name: string) {
  return {
    'field-manager': {
      type: 'string',
      value: 'NAME',
      description: `who is said to own the fields that are set (default ${name})`,
    },
  } as const satisfies FlagTable;
}
