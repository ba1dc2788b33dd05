import type { UnstructuredObject } from '../../api/object.ts';
import { matchesLabels, parseLabelSelector } from '../../api/selectors/label-selector.ts';
import { CommandError, defineCommand, type Invocation, UsageError } from '../command.ts';
import { applyByPatch } from '../objects/apply-by-patch.ts';
import { applyOnServer, usualManager } from '../objects/apply-on-server.ts';
import { parseDryRun } from '../objects/dry-run.ts';
import { eachTarget } from '../objects/each-target.ts';
import { dryRunFlag, fileFlags, selectionFlags } from '../objects/object-flags.ts';
import { openObjects } from '../objects/open-objects.ts';
import { openOutcomePrinter, outcomeFlags } from '../objects/print-outcome.ts';
import type { Target } from '../objects/select-targets.ts';
import { parseValidation, validateFlag } from '../objects/validation.ts';

const flags = {
  ...fileFlags,
  selector: selectionFlags.selector,
  ...dryRunFlag,
  ...outcomeFlags,
  ...validateFlag,
  'server-side': { type: 'boolean', description: 'let the server merge, and keep who owns which field' },
  'force-conflicts': { type: 'boolean', description: 'with --server-side: take over fields that others own' },
  'field-manager': {
    type: 'string',
    value: 'NAME',
    description: 'who is said to own the fields (default kubectl-client-side-apply, with --server-side kubectl)',
  },
  subresource: {
    type: 'string',
    value: 'NAME',
    description: 'with --server-side: apply this part of the objects (status)',
  },
  force: { type: 'boolean', description: 'delete and create anew what cannot be changed' },
  'grace-period': { type: 'integer', value: 'SECONDS', description: 'with --force: time to end gracefully' },
} as const;

export const applyCommand = defineCommand({
  usage: '-f FILE',
  description:
    'Creates what is missing and changes the rest: fields that a file no longer names are removed, fields that others\n' +
    'set stay. Objects that are no longer in any file are not deleted (kubectl apply --prune does that).',
  examples: [
    { does: 'What a file says', line: 'fairlead apply -f app.yaml' },
    { does: 'All files of a folder and below', line: 'fairlead apply -R -f deploy/' },
    { does: 'From another program', line: 'helm template ./chart | fairlead apply -f -' },
    { does: 'By the server, which keeps who owns which field', line: 'fairlead apply --server-side -f app.yaml' },
    { does: 'See what the server would make of it', line: 'fairlead apply -f app.yaml --dry-run=server -o yaml' },
  ],
  flags,
  arguments: { min: 0, max: 0 },
  run,
});

async function run(invocation: Invocation<typeof flags>): Promise<number> {
  const { flags, io, signal } = invocation;
  const onServer = flags['server-side'] === true;
  const dryRun = parseDryRun(flags['dry-run'], io);
  checkFlags(flags, onServer, dryRun);
  const fieldValidation = parseValidation(flags.validate);
  const fieldManager = flags['field-manager'] ?? (onServer ? usualManager : 'kubectl-client-side-apply');
  const selector = parseLabelSelector(flags.selector ?? '');
  await using objects = await openObjects(invocation);
  const { filename, recursive, kustomize } = flags;
  const chosen = await objects.selectSome([], { filename, recursive, kustomize });
  const targets = chosen.targets.filter(({ object }) => matchesLabels(selector, object?.metadata.labels));
  if (targets.length === 0 && chosen.problems.length === 0) {
    const why = chosen.targets.length === 0 ? '' : ': the selector matches none of the files';
    throw new CommandError(`no objects passed to apply${why}`);
  }
  const printer = await openOutcomePrinter(io, { flags, dryRun });
  const whole: UnstructuredObject[] = [];
  const grace = flags['grace-period'];
  const code = await eachTarget(
    { ...chosen, targets },
    { objects, io, signal, doing: 'applying' },
    async (target, now) => {
      const placed = applicable(target);
      const { object, done } = onServer
        ? {
            object: await applyOnServer(
              placed,
              {
                fieldManager,
                fieldValidation,
                force: flags['force-conflicts'] === true,
                dryRun: dryRun === 'server',
                subresource: flags.subresource,
              },
              objects,
            ),
            done: 'serverside-applied',
          }
        : await applyByPatch(placed, {
            objects,
            signal,
            now,
            local: dryRun === 'client',
            write: { fieldManager, fieldValidation, dryRun: dryRun === 'server' },
            ...(flags.force === true && { force: { gracePeriodSeconds: grace } }),
          });
      if (printer.isWhole) whole.push(object);
      else await printer.print({ object, done });
    },
  );
  await printer.printTogether(whole);
  return code;
}

function checkFlags(given: Invocation<typeof flags>['flags'], onServer: boolean, dryRun: string): void {
  if (given.filename.length === 0 && given.kustomize === undefined)
    throw new UsageError('say what to apply: a file with -f');
  if (given['force-conflicts'] === true && !onServer) throw new UsageError('--force-conflicts goes with --server-side');
  if (given.subresource !== undefined && !onServer) throw new UsageError('--subresource goes with --server-side');
  if (onServer && given.force === true) {
    throw new UsageError('--force and --server-side exclude each other; --force-conflicts takes fields over');
  }
  if (onServer && dryRun === 'client') {
    throw new UsageError(
      '--dry-run=client does not go with --server-side: the server must merge; use --dry-run=server',
    );
  }
}

/** The target of a file with its object. Throws CommandError for names that the server is to choose. */
function applicable(target: Target): Target & { object: UnstructuredObject } {
  const { object } = target;
  if (object === undefined || target.name === '') {
    throw new CommandError(
      `${target.source ?? 'an object'}: generateName gives a new name each time, so it cannot be applied; use create`,
    );
  }
  return { ...target, object };
}
