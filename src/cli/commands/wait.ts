import type { UnstructuredObject } from '../../api/object.ts';
import { sleepUnlessAborted } from '../../lib/abortable-sleep.ts';
import { CommandError, defineCommand, type Invocation, UsageError } from '../command.ts';
import { parseTimeLimit } from '../duration.ts';
import { eachTarget } from '../objects/each-target.ts';
import { fileFlags, selectionFlags } from '../objects/object-flags.ts';
import { objectStates } from '../objects/object-states.ts';
import { type Objects, openObjects } from '../objects/open-objects.ts';
import { openOutcomePrinter, outcomeFlags } from '../objects/print-outcome.ts';
import type { Target } from '../objects/select-targets.ts';
import { parseWaitCondition, type WaitCondition } from '../objects/wait-conditions.ts';

const flags = {
  ...fileFlags,
  ...selectionFlags,
  ...outcomeFlags,
  for: {
    type: 'list',
    value: 'CONDITION',
    suggest: ['condition=Ready', 'condition=Available', 'create', 'delete', 'jsonpath='],
    description: "condition=NAME[=VALUE], jsonpath='{.path}'[=VALUE], create or delete; several in turn",
  },
  timeout: {
    type: 'string',
    value: 'TIME',
    description: 'give up after this time (default 30s; 0: look once; below 0: a week)',
  },
} as const;

export const waitCommand = defineCommand({
  usage: 'TYPE NAME... | TYPE/NAME... | TYPE -l SELECTOR | -f FILE --for=CONDITION',
  description: 'The exit code is 1 when that did not happen in time; the message says how things stand.',
  examples: [
    { does: 'A pod that is ready', line: 'fairlead wait pod/web-1 --for=condition=Ready' },
    { does: 'All pods of an application', line: 'fairlead wait pods -l app=web --for=condition=Ready --timeout=2m' },
    { does: 'A field with a value', line: "fairlead wait deploy/web --for=jsonpath='{.status.readyReplicas}'=3" },
    { does: 'Something that another program makes', line: 'fairlead wait secret/keys --for=create' },
    { does: 'Until it is gone', line: 'fairlead wait pod/web-1 --for=delete' },
  ],
  flags,
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['objects'] },
  run,
});

const weekMs = 7 * 24 * 3_600_000;

async function run(invocation: Invocation<typeof flags>): Promise<number> {
  const { args, flags, io, signal } = invocation;
  if (flags.for.length === 0) throw new UsageError('--for is needed: what to wait for, such as --for=condition=Ready');
  const conditions = flags.for.map(parseWaitCondition);
  const given = flags.timeout === undefined ? 30_000 : parseTimeLimit(flags.timeout, '--timeout');
  const timeoutMs = given < 0 ? weekMs : given;
  const printer = await openOutcomePrinter(io, { flags, dryRun: 'none' });
  await using objects = await openObjects(invocation);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), timeoutMs);
  try {
    const either = AbortSignal.any([signal, limit.signal]);
    const context = { objects, signal: either, stopped: signal, once: timeoutMs === 0 };
    const comes = conditions.some(({ kind }) => kind === 'create');
    const targets = await choose(args, { invocation, objects, comes, signal: either, stopped: signal });
    const goes = conditions.some(({ kind }) => kind === 'delete');
    if (targets.length === 0 && !goes) throw new CommandError('no matching resources found');
    // As kubectl: which file named it is not told.
    const waitedFor = targets.map(({ source: _, ...target }): Target => target);
    return await eachTarget({ targets: waitedFor, problems: [] }, { objects, io, signal }, async (target) => {
      // As kubectl: of what is gone already there is nothing to say.
      if (goes && (await objects.readIfThere(target)) === undefined) return;
      for (const condition of conditions) {
        const object = await met(condition, target, context);
        signal.throwIfAborted();
        await printer.print({ object, done: 'condition met' });
      }
    });
  } finally {
    clearTimeout(timer);
  }
}

/** A selector that is to find what is made only later is asked again until it does. */
async function choose(
  args: readonly string[],
  context: {
    invocation: Invocation<typeof flags>;
    objects: Objects;
    comes: boolean;
    signal: AbortSignal;
    stopped: AbortSignal;
  },
): Promise<Target[]> {
  const { invocation, objects, comes, signal, stopped } = context;
  for (;;) {
    const targets = await objects.select(args, invocation.flags);
    if (targets.length > 0 || !comes) return targets;
    await sleepUnlessAborted(500, signal);
    stopped.throwIfAborted();
    if (signal.aborted) throw new CommandError('timed out waiting for the condition: nothing was found');
  }
}

interface Waiting {
  objects: Objects;
  /** Fires when the time is over, too. */
  signal: AbortSignal;
  /** Fires when the user stops the command. */
  stopped: AbortSignal;
  /** Look once, do not wait. */
  once: boolean;
}

/** Resolves with the object when the condition is met. Throws CommandError when the time is over, StatusError (NotFound). */
async function met(condition: WaitCondition, target: Target, waiting: Waiting): Promise<UnstructuredObject> {
  const { objects, once, stopped } = waiting;
  const { type, name } = target;
  if (once || waiting.signal.aborted) {
    stopped.throwIfAborted();
    const unmet = `${once ? 'condition not met for' : 'timed out waiting for the condition on'} ${type.plural}/${name}`;
    const isNamed = !once && condition.kind === 'state';
    const object = isNamed ? await objects.call(target, { method: 'GET' }) : await objects.readIfThere(target);
    if (condition.kind === 'delete') {
      if (object === undefined) return stub(target);
      throw new CommandError(`${unmet}: it is still there`);
    }
    if (object === undefined) throw new CommandError(`${unmet}: it is not there`);
    if (condition.kind === 'create' || condition.isMet(object)) return object;
    throw new CommandError(`${unmet}: ${condition.now(object)}`);
  }
  let last: UnstructuredObject | undefined;
  if (condition.kind !== 'delete') {
    // Named and not there: an answer, not a reason to wait for a state.
    const isNamed = condition.kind === 'state';
    last = isNamed ? await objects.call(target, { method: 'GET' }) : await objects.readIfThere(target);
    // Who may read need not be allowed to watch.
    if (last !== undefined && (condition.kind === 'create' || condition.isMet(last))) return last;
  }
  for await (const state of objectStates(objects, target, waiting.signal)) {
    if (condition.kind === 'delete') {
      if (state === undefined) return last ?? stub(target);
    } else if (state !== undefined && (condition.kind === 'create' || condition.isMet(state))) return state;
    last = state;
  }
  stopped.throwIfAborted();
  const now =
    last === undefined ? 'it is not there' : condition.kind === 'state' ? condition.now(last) : 'it is still there';
  throw new CommandError(`timed out waiting for the condition on ${type.plural}/${name}: ${now}`);
}

/** What can be said of an object that is gone. */
function stub({ type, name, namespace }: Target): UnstructuredObject {
  const apiVersion = type.group === '' ? type.version : `${type.group}/${type.version}`;
  return { apiVersion, kind: type.kind, metadata: { name, ...(namespace !== undefined && { namespace }) } };
}
