import { defineCommand, type Invocation } from '../command.ts';
import { openObjects } from '../objects/open-objects.ts';
import { attachTo } from '../pods/attach-session.ts';
import { containerFlag } from '../pods/containers.ts';
import { detachKeysFlag, parseDetachKeys, usualDetachKeys } from '../pods/detach-keys.ts';
import { refuseCompleted } from '../pods/explain-container.ts';
import { findPod, parseRunningTimeout, runningTimeoutFlag } from '../pods/find-pods.ts';
import { byActivity } from '../pods/pod-order.ts';
import { sessionFlags } from '../pods/session.ts';

const flags = { ...containerFlag, ...sessionFlags, ...runningTimeoutFlag, ...detachKeysFlag } as const;

export const attachCommand = defineCommand({
  usage: '(POD | TYPE/NAME | TYPE NAME) [-c CONTAINER] [-it]',
  examples: [
    { does: 'What it writes', line: 'fairlead attach web-7d4b9' },
    { does: 'At its terminal; ctrl-p, ctrl-q leaves it running', line: 'fairlead attach -it web-7d4b9' },
    { does: 'One pod of a deployment', line: 'fairlead attach deploy/web' },
  ],
  flags,
  arguments: { min: 1, max: 2, complete: ['pods or TYPE/NAME', 'nothing'] },
  run,
});

async function run(invocation: Invocation<typeof flags>): Promise<number> {
  const { args, flags, io, signal } = invocation;
  const timeoutMs = parseRunningTimeout(flags['pod-running-timeout']);
  const detachKeys = parseDetachKeys(flags['detach-keys'] || usualDetachKeys);
  await using objects = await openObjects(invocation);
  const pod = await findPod(args, { objects, signal, order: byActivity, timeoutMs });
  refuseCompleted(pod, 'attach to');
  const { code } = await attachTo(objects.reader.client, pod, {
    io,
    signal,
    container: flags.container,
    stdin: flags.stdin === true,
    tty: flags.tty === true,
    quiet: flags.quiet === true,
    detachKeys,
  });
  return code;
}
