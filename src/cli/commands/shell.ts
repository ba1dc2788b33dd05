import { isReason, StatusError } from '../../api/status.ts';
import type { Node } from '../../api/types/core-v1.ts';
import { defineCommand, type Invocation, UsageError } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { nearest } from '../nearest.ts';
import { openObjects } from '../objects/open-objects.ts';
import { chooseContainer, containerFlag } from '../pods/containers.ts';
import { refuseCompleted } from '../pods/explain-container.ts';
import { findPod, parseRunningTimeout, runningTimeoutFlag } from '../pods/find-pods.ts';
import { byActivity } from '../pods/pod-order.ts';
import { runShell } from '../shell/container-shell.ts';
import { nodeShell } from '../shell/node-shell.ts';

const flags = {
  ...containerFlag,
  ...runningTimeoutFlag,
  image: {
    type: 'string',
    value: 'IMAGE',
    description: 'for node/…: image of the pod that leads there (default busybox)',
  },
  limit: { type: 'string', value: 'TIME', description: 'for node/…: that pod ends after this time (default 8h)' },
} as const;

export const shellCommand = defineCommand({
  usage: '(POD | TYPE/NAME | node/NAME) [-c CONTAINER]',
  description:
    'In a container bash, or sh where there is no bash. On a node a pod with all rights there is made in the namespace,\n' +
    'enters the file system of the node, and is removed when you leave; you need the right to make such pods.',
  examples: [
    { does: 'In a pod', line: 'fairlead shell pod/web-7d4b9' },
    { does: 'In one pod of a deployment, in a container of several', line: 'fairlead shell deploy/web -c app' },
    { does: 'On a node', line: 'fairlead shell node/worker-1' },
    { does: 'Commands from a file', line: 'fairlead shell web-7d4b9 < commands.sh' },
  ],
  flags,
  arguments: { min: 1, max: 2, complete: ['pods or TYPE/NAME', 'nothing'] },
  run,
});

async function run(invocation: Invocation<typeof flags>): Promise<number> {
  const { args, flags, io, signal } = invocation;
  const timeoutMs = parseRunningTimeout(flags['pod-running-timeout']);
  const limitMs = flags.limit === undefined ? 8 * 3_600_000 : parseDuration(flags.limit, '--limit');
  if (limitMs < 1000) throw new UsageError('--limit must be a second or more');
  await using objects = await openObjects(invocation);
  const { client } = objects.reader;
  const nodeName = nodeOf(args);
  if (nodeName !== undefined) {
    if (flags.container !== undefined) throw new UsageError('-c is for pods: a node has no containers to choose from');
    const node = await getNode(nodeName);
    const limitSeconds = Math.ceil(limitMs / 1000);
    return await nodeShell(node, { objects, io, signal, image: flags.image ?? 'busybox', limitSeconds, timeoutMs });
  }
  if (flags.image !== undefined || flags.limit !== undefined) {
    throw new UsageError('--image and --limit are for node/NAME: in a pod the shell is that of its container');
  }
  const pod = await findPod(args, { objects, signal, order: byActivity, timeoutMs });
  refuseCompleted(pod, 'open a shell in');
  const container = chooseContainer(pod, flags.container, { io }).name;
  return await runShell({ client, pod, container, io, signal });

  async function getNode(name: string): Promise<Node> {
    const nodes = client.resource<Node>('v1', 'nodes');
    try {
      return await nodes.get(name, { signal });
    } catch (error) {
      if (!isReason(error, 'NotFound')) throw error;
      const list = await nodes.list({ limit: 500, signal }).catch(() => undefined);
      const close = nearest(name, list?.items.map(({ metadata }) => metadata.name ?? '') ?? []);
      if (close === undefined) throw error;
      const message = `${error.message} (did you mean "${close}"?)`;
      throw new StatusError({ code: error.code, reason: error.reason, message });
    }
  }
}

/** Undefined where it is no node that is named. */
function nodeOf([first = '', second]: readonly string[]): string | undefined {
  const [type = '', name] = second === undefined ? first.split('/') : [first, second];
  return ['node', 'nodes', 'no'].includes(type) && name !== undefined && name !== '' ? name : undefined;
}
