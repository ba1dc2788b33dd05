import { createInterface, type Interface } from 'node:readline/promises';
import type { UnstructuredObject } from '../../api/object.ts';
import { isReason, type Status } from '../../api/status.ts';
import { type CommandIo, defineCommand, type Invocation, UsageError } from '../command.ts';
import { parseTimeLimit } from '../duration.ts';
import { dryRunSuffix, parseDryRun } from '../objects/dry-run.ts';
import { eachTarget } from '../objects/each-target.ts';
import { dryRunFlag, fileFlags, selectionFlags } from '../objects/object-flags.ts';
import { openObjects } from '../objects/open-objects.ts';
import type { Target } from '../objects/select-targets.ts';
import { type Deleted, waitGone } from '../objects/wait-gone.ts';
import { deletedWithTheirType } from '../objects/with-their-type.ts';
import { escapeControls } from '../print/escape.ts';
import { kindPrefix } from '../print/name-line.ts';

const flags = {
  ...fileFlags,
  ...selectionFlags,
  ...dryRunFlag,
  output: { type: 'string', short: 'o', value: 'FORMAT', choices: ['name'], description: 'name: only TYPE/NAME' },
  cascade: {
    type: 'string',
    value: 'HOW',
    choices: ['background', 'foreground', 'orphan'],
    bare: 'background',
    description: 'what becomes of the objects that belong to these (default background)',
  },
  force: {
    type: 'boolean',
    description: 'do not wait for a graceful end: the API forgets it, though it may still run',
  },
  'grace-period': { type: 'integer', value: 'SECONDS', description: 'time to end gracefully; 0 goes with --force' },
  now: { type: 'boolean', description: 'the shortest grace, one second' },
  'ignore-not-found': {
    type: 'boolean',
    description: 'what does not exist is no error; so by default with -l and --all',
  },
  interactive: { type: 'boolean', short: 'i', description: 'ask before anything is deleted' },
  timeout: { type: 'string', value: 'TIME', description: 'wait no longer than this for the end (5s, 2m; 0: for ever)' },
  wait: { type: 'boolean', description: 'return when all are gone, finalizers included (default true)' },
} as const;

export const deleteCommand = defineCommand({
  usage: 'TYPE NAME... | TYPE/NAME... | TYPE -l SELECTOR | -f FILE',
  description: 'Returns when they are gone, unless --wait=false.',
  examples: [
    { does: 'One object', line: 'fairlead delete pod web-1' },
    { does: 'Several of several types', line: 'fairlead delete deploy/web svc/web' },
    { does: 'What a file holds', line: 'fairlead delete -f app.yaml' },
    { does: 'What a selector finds, with a question first', line: 'fairlead delete pods -l app=web -i' },
  ],
  flags,
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['objects'] },
  run,
});

type Flags = Invocation<typeof flags>['flags'];

async function run(invocation: Invocation<typeof flags>): Promise<number> {
  const { args, flags, io, signal } = invocation;
  const dryRun = parseDryRun(flags['dry-run'], io);
  const grace = gracePeriod(flags);
  const timeoutMs = flags.timeout === undefined ? 0 : parseTimeLimit(flags.timeout, '--timeout');
  const selects = flags.all === true || flags.selector !== undefined || flags['field-selector'] !== undefined;
  const ignoreMissing = flags['ignore-not-found'] ?? selects;
  await using objects = await openObjects(invocation);
  const { targets, problems } = await objects.selectSome(args, flags);
  if (targets.length === 0 && problems.length === 0) {
    io.stdout.write('No resources found\n');
    return 0;
  }
  if (flags.force === true && grace === 0) {
    objects.warn(
      'Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.',
    );
  }
  const inOneNamespace = invocation.globals.namespace !== undefined && flags['all-namespaces'] !== true;
  if (inOneNamespace && targets.some(({ type }) => !type.namespaced)) {
    objects.warn('deleting cluster-scoped resources, not scoped to the provided namespace');
  }
  if (flags.interactive === true && targets.length > 0 && !(await confirmed(targets, io, signal))) {
    io.stdout.write('deletion is cancelled\n');
    return 0;
  }
  const say = (target: Target): void => {
    const { type, name, namespace } = target;
    if (flags.output === 'name') {
      io.stdout.write(escapeControls(`${kindPrefix(type)}/${name}\n`));
      return;
    }
    const done = `${grace === 0 ? 'force deleted' : 'deleted'}${namespace === undefined ? '' : ` from ${namespace} namespace`}`;
    io.stdout.write(escapeControls(`${kindPrefix(type)} "${name}" ${done}${dryRunSuffix(dryRun)}\n`));
  };
  const withTheirType = dryRun === 'none' ? await deletedWithTheirType(objects, targets) : undefined;
  const waited: Deleted[] = [];
  const code = await eachTarget({ targets, problems }, { objects, io, signal, doing: 'deleting' }, async (target) => {
    if (dryRun === 'client') return say(target);
    try {
      const answer = await objects.delete(target, {
        propagationPolicy: propagation(flags.cascade),
        ...(grace !== undefined && { gracePeriodSeconds: grace }),
        dryRun: dryRun === 'server',
      });
      say(target);
      waited.push({ target, uid: uidOf(answer) });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      if (withTheirType?.has(target)) say(target);
      else if (!ignoreMissing) throw error;
    }
  });
  if (flags.wait === false || dryRun !== 'none') return code;
  await waitGone(objects, waited, { timeoutMs, signal });
  return code;
}

/** Undefined: each kind's own. */
function gracePeriod({ force, now, 'grace-period': given }: Flags): number | undefined {
  if (now === true && given !== undefined && given >= 0) {
    throw new UsageError('--now and --grace-period exclude each other');
  }
  if (force === true && given !== undefined && given > 0) {
    throw new UsageError('--force and a --grace-period above 0 exclude each other');
  }
  if (now === true) return 1;
  if (force === true) return 0;
  if (given === undefined || given < 0) return undefined;
  // Without --force nothing is dropped without its end being seen.
  return Math.max(1, given);
}

function propagation(cascade: string | undefined): 'Orphan' | 'Background' | 'Foreground' {
  if (cascade === 'orphan') return 'Orphan';
  return cascade === 'foreground' ? 'Foreground' : 'Background';
}

/** Of the Status or the object that a deletion answers. */
function uidOf(answer: UnstructuredObject | Status): string | undefined {
  return isStatus(answer) ? answer.details?.uid : answer.metadata.uid;
}

function isStatus(answer: UnstructuredObject | Status): answer is Status {
  return answer.kind === 'Status' && answer.apiVersion === 'v1';
}

async function confirmed(targets: readonly Target[], io: CommandIo, signal: AbortSignal): Promise<boolean> {
  io.stdout.write(`You are about to delete the following ${targets.length} resource(s):\n`);
  for (const { type, name } of targets) io.stdout.write(escapeControls(`${kindPrefix(type)}/${name}\n`));
  // The terminal's own line is enough, and leaves it Ctrl-C, which stops the command.
  const asking = createInterface({ input: io.stdin, output: io.stdout, terminal: false });
  try {
    return (await answerTo('Do you want to continue? (y/N): ', asking, signal)).trim().toLowerCase() === 'y';
  } finally {
    asking.close();
  }
}

/** Also where the input ends without a line end or without an answer, of which a question is not told. */
function answerTo(question: string, asking: Interface, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    asking.question(question, { signal }).then(resolve, reject);
    asking.once('line', resolve);
    asking.once('close', () => resolve(''));
  });
}
