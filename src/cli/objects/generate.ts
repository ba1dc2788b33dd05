/** Commands that make one object from words and flags: `create deployment`, `expose`, `run`. */
import type { UnstructuredObject } from '../../api/object.ts';
import type { Invocation } from '../command.ts';
import type { FlagTable } from '../flags.ts';
import { withNameHint } from '../name-hint.ts';
import { parseDryRun } from './dry-run.ts';
import { failedTo } from './failed-to.ts';
import { withLastApplied } from './last-applied.ts';
import { dryRunFlag, fieldManagerFlag } from './object-flags.ts';
import { type Objects, openObjects } from './open-objects.ts';
import { openOutcomePrinter, outcomeFlags } from './print-outcome.ts';
import { parseValidation, validateFlag } from './validation.ts';

export const generateFlags = {
  ...dryRunFlag,
  ...outcomeFlags,
  ...validateFlag,
  ...fieldManagerFlag('kubectl-create'),
  'save-config': { type: 'boolean', description: 'keep the configuration in an annotation, for a later apply' },
} as const satisfies FlagTable;

export interface Generated {
  object: UnstructuredObject;
  namespaced: boolean;
  /** What is told of it; default `created`. */
  done?: string;
  /** Who is said to own the fields; default kubectl-create. */
  manager?: string;
  /** kubectl's words for what the server refused: `failed to create configmap:`. Without them it is told as any other answer. */
  failure?: string;
}

/** Sends the object, or only shows it (`--dry-run=client`, which asks no server). Returns the exit code. */
export async function generate(
  invocation: Pick<Invocation<typeof generateFlags>, 'globals' | 'io' | 'signal' | 'flags'>,
  make: (objects: Objects) => Promise<Generated> | Generated,
): Promise<number> {
  const { flags, io } = invocation;
  const printer = await openOutcomePrinter(io, { flags, dryRun: parseDryRun(flags['dry-run'], io), generated: true });
  parseValidation(flags.validate);
  await using objects = await openObjects(invocation);
  const generated = await make(objects);
  await printer.print({ object: await send(generated, objects, invocation), done: generated.done ?? 'created' });
  return 0;
}

/** The object as the server has it now; with `--dry-run=client` as it would be sent. Throws CommandError in the words of `failure`. */
export async function send(
  { object, namespaced, manager = 'kubectl-create', failure }: Generated,
  objects: Objects,
  { flags, globals }: Pick<Invocation<typeof generateFlags>, 'globals' | 'flags'>,
): Promise<UnstructuredObject> {
  const dryRun = parseDryRun(flags['dry-run']);
  const { namespace } = objects.reader.config;
  // As kubectl does: the object names its namespace only where the user did.
  const isPlaced = namespaced && globals.namespace !== undefined;
  const placed = isPlaced ? { ...object, metadata: { ...object.metadata, namespace } } : object;
  const body = flags['save-config'] === true ? withLastApplied(placed) : placed;
  if (dryRun === 'client') return body;
  const type = await objects.types.ofKind(object.apiVersion, object.kind);
  const name = object.metadata.name ?? '';
  try {
    return await objects.call(
      { type, name, ...(namespaced && { namespace }) },
      {
        method: 'POST',
        body,
        fieldManager: flags['field-manager'] ?? manager,
        fieldValidation: parseValidation(flags.validate),
        dryRun: dryRun === 'server',
      },
    );
  } catch (error) {
    const hinted = await withNameHint(error, [], objects.reader);
    throw failure === undefined ? hinted : failedTo(failure, hinted);
  }
}
