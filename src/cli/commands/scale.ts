import type { UnstructuredObject } from '../../api/object.ts';
import { isRecord } from '../../lib/is-record.ts';
import { CommandError, defineCommand, UsageError } from '../command.ts';
import { parseTimeLimit } from '../duration.ts';
import { parseDryRun } from '../objects/dry-run.ts';
import { eachTarget } from '../objects/each-target.ts';
import { dryRunFlag, fileFlags, selectionFlags } from '../objects/object-flags.ts';
import { objectStates } from '../objects/object-states.ts';
import { openObjects } from '../objects/open-objects.ts';
import { openOutcomePrinter, outcomeFlags, targetName } from '../objects/print-outcome.ts';

export const scaleCommand = defineCommand({
  usage: '--replicas=N TYPE NAME... | TYPE/NAME... | -f FILE',
  description: 'Works for every kind with a scale subresource, custom kinds included.',
  examples: [
    { does: 'Three pods', line: 'fairlead scale deploy/web --replicas=3' },
    { does: 'None, only if there are two now', line: 'fairlead scale deploy/web --replicas=0 --current-replicas=2' },
    { does: 'Wait until it is so', line: 'fairlead scale deploy/web --replicas=5 --timeout=1m' },
  ],
  flags: {
    ...fileFlags,
    selector: selectionFlags.selector,
    all: selectionFlags.all,
    ...dryRunFlag,
    ...outcomeFlags,
    replicas: { type: 'integer', value: 'N', description: 'how many pods there shall be' },
    'current-replicas': { type: 'integer', value: 'N', description: 'only if this is the number now' },
    'resource-version': { type: 'string', value: 'VERSION', description: 'only if this is the version now' },
    timeout: { type: 'string', value: 'TIME', description: 'wait until there are so many, no longer than this' },
  },
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['objects'] },
  async run(invocation) {
    const { args, flags, io, signal } = invocation;
    const { replicas } = flags;
    const current = flags['current-replicas'] === -1 ? undefined : flags['current-replicas'];
    const resourceVersion = flags['resource-version'];
    if (replicas === undefined || replicas < 0)
      throw new UsageError('--replicas=N is needed: how many pods there shall be');
    if (current !== undefined && current < 0) throw new UsageError('--current-replicas cannot be below 0');
    const dryRun = parseDryRun(flags['dry-run'], io);
    const timeoutMs = flags.timeout === undefined ? 0 : parseTimeLimit(flags.timeout, '--timeout');
    const printer = await openOutcomePrinter(io, { flags, dryRun });
    await using objects = await openObjects(invocation);
    const { targets, problems } = await objects.selectSome(args, flags);
    if (targets.length === 0 && problems.length === 0) throw new CommandError('no objects passed to scale');
    if (resourceVersion !== undefined && targets.length > 1) {
      throw new CommandError(`--resource-version is for a single object, and these are ${targets.length}`);
    }
    return await eachTarget({ targets, problems }, { objects, io, signal }, async (target) => {
      const object = await objects.read(target);
      if (dryRun === 'client') return printer.print({ object: withReplicas(object, replicas), done: 'scaled' });
      const scale = { subresource: 'scale', dryRun: dryRun === 'server' } as const;
      if (current === undefined && resourceVersion === undefined) {
        const body = { spec: { replicas } };
        await objects.call(target, { ...scale, method: 'PATCH', contentType: 'application/merge-patch+json', body });
      } else {
        const now = await objects.call(target, { method: 'GET', subresource: 'scale' });
        const has = numberIn(now.spec, 'replicas');
        if (current !== undefined && has !== current) {
          throw new CommandError(
            `${targetName(target)} has ${has} replicas, not ${current} as --current-replicas says`,
          );
        }
        if (resourceVersion !== undefined && now.metadata.resourceVersion !== resourceVersion) {
          throw new CommandError(
            `${targetName(target)} is at version ${now.metadata.resourceVersion}, not ${resourceVersion} as --resource-version says`,
          );
        }
        // With the version that was read: a change in between is a conflict.
        await objects.call(target, { ...scale, method: 'PUT', body: { ...now, spec: { ...specOf(now), replicas } } });
      }
      await printer.print({ object: withReplicas(object, replicas), done: 'scaled' });
      if (timeoutMs <= 0 || dryRun !== 'none') return;
      const either = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
      for await (const state of objectStates(objects, target, either)) {
        const seen = numberIn(state?.status, 'observedGeneration');
        const isSeen = seen === undefined || seen >= (state?.metadata.generation ?? 0);
        if (isSeen && (numberIn(state?.status, 'replicas') ?? 0) === replicas) return;
      }
      signal.throwIfAborted();
      throw new CommandError(`${targetName(target)} did not come to ${replicas} replicas in ${flags.timeout}`);
    });
  },
});

function withReplicas(object: UnstructuredObject, replicas: number): UnstructuredObject {
  return isRecord(object.spec) && 'replicas' in object.spec
    ? { ...object, spec: { ...object.spec, replicas } }
    : object;
}

function specOf(object: UnstructuredObject): Record<string, unknown> {
  return isRecord(object.spec) ? object.spec : {};
}

function numberIn(part: unknown, field: string): number | undefined {
  const value = isRecord(part) ? part[field] : undefined;
  return typeof value === 'number' ? value : undefined;
}
