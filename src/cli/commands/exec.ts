import { openPod } from '../../client/pod.ts';
import { defineCommand, type Invocation, UsageError } from '../command.ts';
import { openObjects } from '../objects/open-objects.ts';
import { chooseContainer, containerFlag } from '../pods/containers.ts';
import { explainedByState, refuseCompleted } from '../pods/explain-container.ts';
import { findPod, parseRunningTimeout, runningTimeoutFlag } from '../pods/find-pods.ts';
import { byActivity } from '../pods/pod-order.ts';
import { runSession, sessionFlags } from '../pods/session.ts';

const flags = { ...containerFlag, ...sessionFlags, ...runningTimeoutFlag } as const;

export const execCommand = defineCommand({
  usage: '(POD | TYPE/NAME) [-c CONTAINER] [-it] -- COMMAND [ARG...]',
  description: 'The exit code is the command\'s. "fairlead shell" finds a shell by itself.',
  examples: [
    { does: 'A command', line: 'fairlead exec web-7d4b9 -- ls -l /tmp' },
    { does: 'A shell in a terminal', line: 'fairlead exec -it web-7d4b9 -- sh' },
    { does: 'In one pod of a deployment, in a container of several', line: 'fairlead exec deploy/web -c app -- env' },
    { does: 'With a file on its standard input', line: 'fairlead exec -i db-0 -- psql < dump.sql' },
  ],
  flags,
  arguments: { min: 0, max: Number.POSITIVE_INFINITY, complete: ['pods or TYPE/NAME', 'nothing'] },
  run,
});

async function run(invocation: Invocation<typeof flags>): Promise<number> {
  const { args, flags, io, signal, dashAt } = invocation;
  const words = args.slice(0, dashAt ?? args.length);
  const command = dashAt === undefined ? [] : args.slice(dashAt);
  const [word, extra] = words;
  if (word === undefined) throw new UsageError('say where: a POD or TYPE/NAME, then -- and the command');
  if (extra !== undefined)
    throw new UsageError(`the command comes after --: exec ${word} -- ${words.slice(1).join(' ')}`);
  const [program] = command;
  if (program === undefined) throw new UsageError('say which command to run, after --');
  const timeoutMs = parseRunningTimeout(flags['pod-running-timeout']);
  await using objects = await openObjects(invocation);
  const pod = await findPod([word], { objects, signal, order: byActivity, timeoutMs });
  refuseCompleted(pod, 'exec into');
  const quiet = flags.quiet === true;
  const container = chooseContainer(pod, flags.container, { io, quiet }).name;
  const { name = '', namespace = '' } = pod.metadata;
  const door = openPod(objects.reader.client, namespace, name);
  const { code } = await runSession({
    io,
    signal,
    quiet,
    stdin: flags.stdin === true,
    tty: flags.tty === true,
    open: (how) =>
      door.exec(command, { ...how, container }).catch((error: unknown) => {
        throw explainedByState(error, pod, container);
      }),
  });
  if (code !== 0 && !signal.aborted) io.stderr.write(`command terminated with exit code ${code}\n`);
  return code;
}
