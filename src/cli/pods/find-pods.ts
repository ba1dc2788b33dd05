/** From `POD`, `TYPE/NAME` or `TYPE NAME` to pods. */
import type { UnstructuredObject } from '../../api/object.ts';
import { isReason, StatusError } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { CommandError, UsageError } from '../command.ts';
import { parseTimeLimit } from '../duration.ts';
import { parseArguments } from '../get/arguments.ts';
import { nearest } from '../nearest.ts';
import type { Objects } from '../objects/open-objects.ts';
import { podSelector } from './pod-selector.ts';
import { podStates } from './pod-states.ts';

/** What the words name: a pod, or something that pods belong to. */
export type PodSource = { kind: 'pod'; pod: Pod } | { kind: 'owner'; owner: UnstructuredObject; selector: string };

export interface FindContext {
  objects: Objects;
  signal: AbortSignal;
}

/** More names than that are not searched for the one that was meant. */
const maxNames = 500;

export function podsOf({ reader }: Objects) {
  return reader.client.resource<Pod>('v1', 'pods');
}

/** Throws StatusError (NotFound names the nearest that exists), CommandError for what has no pods. */
export async function findPodSource(words: readonly string[], { objects, signal }: FindContext): Promise<PodSource> {
  const [first = '', ...more] = words;
  if (more.length === 0 && !first.includes('/')) return { kind: 'pod', pod: await getPod(first, { objects, signal }) };
  const wanted = await parseArguments(words, objects.types);
  const [one, other] = wanted;
  if (one?.name === undefined || other !== undefined) {
    throw new UsageError(`one POD or TYPE/NAME is needed, not "${words.join(' ')}"`);
  }
  const { type, name } = one;
  if (type.kind === 'Pod' && type.group === '') return { kind: 'pod', pod: await getPod(name, { objects, signal }) };
  if (!type.namespaced) throw new CommandError(`${type.plural} have no pods of their own`);
  const { namespace } = objects.reader.config;
  const target = { type, name, namespace };
  try {
    const owner = await objects.call(target, { method: 'GET' });
    return { kind: 'owner', owner, selector: podSelector(owner) };
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    throw await withNearest(error, name, async () => {
      const list = await objects.resource(type).list({ namespace, limit: maxNames, signal });
      return list.items.map(({ metadata }) => metadata.name ?? '');
    });
  }
}

/** `namespace`: by default that of the request. */
export async function getPod(
  name: string,
  { objects, signal, namespace = objects.reader.config.namespace }: FindContext & { namespace?: string },
): Promise<Pod> {
  try {
    return await podsOf(objects).get(name, { namespace, signal });
  } catch (error) {
    if (!isReason(error, 'NotFound')) throw error;
    throw await withNearest(error, name, async () => {
      const list = await podsOf(objects).list({ namespace, limit: maxNames, signal });
      return list.items.map(({ metadata }) => metadata.name ?? '');
    });
  }
}

async function withNearest(error: StatusError, name: string, names: () => Promise<string[]>): Promise<StatusError> {
  // Who may not list them is told what was wrong all the same.
  const close = nearest(name, await names().catch(() => []));
  if (close === undefined) return error;
  const { code, reason, message } = error;
  const { details } = error.status;
  return new StatusError({
    code,
    reason,
    message: `${message} (did you mean "${close}"?)`,
    ...(details !== undefined && { details }),
  });
}

/**
 * All pods that a selector finds, in this order; where there is none yet it waits for the first. Throws CommandError when
 * none came in time.
 */
export async function selectPods(
  selector: string,
  { objects, signal, order, timeoutMs }: FindContext & { order: (a: Pod, b: Pod) => number; timeoutMs: number },
): Promise<[Pod, ...Pod[]]> {
  const { namespace } = objects.reader.config;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  for await (const pods of podStates(objects, { namespace, labelSelector: selector }, limit)) {
    const [first, ...rest] = [...pods].sort(order);
    if (first !== undefined) return [first, ...rest];
  }
  signal.throwIfAborted();
  throw new CommandError(
    `no pod came in ${timeoutMs / 1000} s that has the labels ${selector} (--pod-running-timeout)`,
  );
}

/** One pod for streams: of an owner's the best. */
export async function findPod(
  words: readonly string[],
  context: FindContext & { order: (a: Pod, b: Pod) => number; timeoutMs: number },
): Promise<Pod> {
  const source = await findPodSource(words, context);
  if (source.kind === 'pod') return source.pod;
  const [pod] = await selectPods(source.selector, context);
  return pod;
}

export const runningTimeoutFlag = {
  'pod-running-timeout': {
    type: 'string',
    value: 'TIME',
    description: 'wait so long for a pod (default 1m)',
  },
} as const;

/** Throws UsageError for what is no time above zero. */
export function parseRunningTimeout(text: string | undefined, usualMs = 60_000): number {
  if (text === undefined) return usualMs;
  const ms = parseTimeLimit(text, '--pod-running-timeout');
  if (ms <= 0) throw new UsageError('--pod-running-timeout must be higher than zero');
  return ms;
}
