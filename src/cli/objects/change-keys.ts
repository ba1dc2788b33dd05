/** What `label` and `annotate` do, which differ in the map they change and in their words. */
import type { UnstructuredObject } from '../../api/object.ts';
import { CommandError, type Invocation, UsageError } from '../command.ts';
import type { FlagTable } from '../flags.ts';
import { escapeControls } from '../print/escape.ts';
import { parseDryRun } from './dry-run.ts';
import { eachTarget } from './each-target.ts';
import { type ChangePlan, parseChanges, planChanges, splitChanges, withChanges } from './key-changes.ts';
import { dryRunFlag, fieldManagerFlag, fileFlags, selectionFlags } from './object-flags.ts';
import { openObjects } from './open-objects.ts';
import { openOutcomePrinter, outcomeFlags, targetName } from './print-outcome.ts';
import type { Target } from './select-targets.ts';

export type KeyField = 'labels' | 'annotations';

export function keyFlags(field: KeyField) {
  return {
    ...fileFlags,
    ...selectionFlags,
    ...dryRunFlag,
    ...outcomeFlags,
    ...fieldManagerFlag(managerOf(field)),
    overwrite: { type: 'boolean', description: `replace the values of ${field} that are there already` },
    list: { type: 'boolean', description: `show the ${field} afterwards, instead of a sentence` },
    'resource-version': {
      type: 'string',
      value: 'VERSION',
      description: 'change one object, and only if this is still its version',
    },
  } as const satisfies FlagTable;
}

function managerOf(field: KeyField): string {
  return field === 'labels' ? 'kubectl-label' : 'kubectl-annotate';
}

export async function changeKeys(
  field: KeyField,
  invocation: Invocation<ReturnType<typeof keyFlags>>,
): Promise<number> {
  const { args, flags, io, signal } = invocation;
  const dryRun = parseDryRun(flags['dry-run'], io);
  const { names, changes } = splitChanges(args);
  const wanted = parseChanges(changes);
  const list = flags.list === true;
  if (changes.length === 0 && !list) {
    throw new UsageError(`say what to change: KEY=VALUE sets one of the ${field}, KEY- removes it`);
  }
  if (list && flags.output !== undefined) throw new UsageError('--list and --output exclude each other');
  await using objects = await openObjects(invocation);
  const { targets, problems } = await objects.selectSome(names, flags);
  const resourceVersion = flags['resource-version'];
  if (resourceVersion !== undefined && targets.length !== 1) {
    throw new CommandError(`--resource-version is for a single object, and these are ${targets.length}`);
  }
  const printer = await openOutcomePrinter(io, { flags, dryRun });

  return await eachTarget({ targets, problems }, { objects, io, signal }, async (target) => {
    const before = await objects.read(target);
    const plan = planChanges(before.metadata[field] ?? {}, wanted, {
      overwrite: flags.overwrite === true,
      what: `${targetName(target)}`,
    });
    for (const key of plan.absent) {
      if (field === 'labels') io.stdout.write(`label ${JSON.stringify(key)} not found.\n`);
    }
    const idle = Object.keys(plan.patch).length === 0;
    const after =
      dryRun === 'client' || idle
        ? withChanges(before, field, plan.patch)
        : await objects.call(target, {
            method: 'PATCH',
            contentType: 'application/merge-patch+json',
            body: { metadata: { [field]: plan.patch, ...(resourceVersion !== undefined && { resourceVersion }) } },
            fieldManager: flags['field-manager'] ?? managerOf(field),
            dryRun: dryRun === 'server',
          });
    if (list) io.stdout.write(listing(after, field, targets.length > 1 ? target : undefined));
    else await printer.print({ object: after, done: outcome(field, plan) });
  });
}

function outcome(field: KeyField, { added, removed }: ChangePlan): string {
  if (field === 'annotations') return 'annotated';
  if (added && removed) return 'modified';
  if (added) return 'labeled';
  return removed ? 'unlabeled' : 'not labeled';
}

/** A heading and an indent where there are several objects. */
function listing(object: UnstructuredObject, field: KeyField, heading: Target | undefined): string {
  const indent = heading === undefined ? '' : ' ';
  const lines = Object.entries(object.metadata[field] ?? {}).map(([key, value]) => `${indent}${key}=${value}\n`);
  const head =
    heading === undefined ? '' : `Listing ${field} for ${object.kind}.${heading.type.group}/${heading.name}:\n`;
  return escapeControls(head + lines.join(''));
}
