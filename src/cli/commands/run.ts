import type { UnstructuredObject } from '../../api/object.ts';
import { isReason } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { CommandError, defineCommand, type Invocation, UsageError } from '../command.ts';
import { parseDryRun } from '../objects/dry-run.ts';
import { generateFlags, send } from '../objects/generate.ts';
import { fieldManagerFlag } from '../objects/object-flags.ts';
import { type Objects, openObjects } from '../objects/open-objects.ts';
import { openOutcomePrinter } from '../objects/print-outcome.ts';
import { detachKeysFlag, parseDetachKeys, usualDetachKeys } from '../pods/detach-keys.ts';
import { getPod, parseRunningTimeout, podsOf, runningTimeoutFlag } from '../pods/find-pods.ts';
import { imageFault } from '../pods/image-reference.ts';
import { runAttached } from '../pods/run-attached.ts';
import { type RunPod, runPod, runService, withOverrides } from '../pods/run-pod.ts';
import { escapeControls } from '../print/escape.ts';

const flags = {
  ...generateFlags,
  ...fieldManagerFlag('kubectl-run'),
  ...runningTimeoutFlag,
  ...detachKeysFlag,
  image: { type: 'string', value: 'IMAGE', description: 'image of the container' },
  'image-pull-policy': {
    type: 'string',
    value: 'WHEN',
    choices: ['Always', 'IfNotPresent', 'Never'],
    description: 'when the node fetches the image',
  },
  env: { type: 'list', value: 'NAME=VALUE', description: 'a variable of its environment; may be given several times' },
  labels: { type: 'string', short: 'l', value: 'LABELS', description: 'KEY=VALUE,… (default run=NAME)' },
  annotations: { type: 'list', value: 'KEY=VALUE', description: 'an annotation; may be given several times' },
  port: { type: 'string', value: 'PORT', description: 'port that it listens on' },
  expose: { type: 'boolean', description: 'make a Service for that port too' },
  restart: {
    type: 'string',
    value: 'WHEN',
    choices: ['Always', 'OnFailure', 'Never'],
    description: 'when it is started again (default Always)',
  },
  command: { type: 'boolean', description: "what follows -- replaces the image's command, not its arguments" },
  privileged: { type: 'boolean', description: 'with all rights on the node' },
  overrides: { type: 'string', value: 'JSON', description: 'changes of your own to the object' },
  'override-type': {
    type: 'string',
    value: 'HOW',
    choices: ['merge', 'strategic', 'json'],
    description: 'how --overrides are applied (default merge)',
  },
  stdin: { type: 'boolean', short: 'i', description: 'keep its standard input open, and attach to it' },
  tty: { type: 'boolean', short: 't', description: 'give it a terminal' },
  attach: { type: 'boolean', description: 'show what it writes, until it ends' },
  rm: { type: 'boolean', description: 'delete the pod at the end; for attached ones' },
  'leave-stdin-open': { type: 'boolean', description: 'do not close its standard input when you leave' },
  quiet: { type: 'boolean', short: 'q', description: 'print nothing but what it prints' },
} as const;

export const runCommand = defineCommand({
  usage: 'NAME --image=IMAGE [-- ARG...]',
  examples: [
    { does: 'A pod', line: 'fairlead run web --image=nginx --port=80' },
    {
      does: 'A shell in the cluster, gone when you leave',
      line: 'fairlead run -it --rm look --image=busybox --restart=Never -- sh',
    },
    { does: 'Its manifest', line: 'fairlead run web --image=nginx --dry-run=client -o yaml' },
    {
      does: "A command instead of the image's own",
      line: 'fairlead run job --image=busybox --restart=Never --command -- date',
    },
  ],
  flags,
  arguments: { min: 1, max: Number.POSITIVE_INFINITY, complete: ['nothing'] },
  run,
});

type Run = Invocation<typeof flags>;

async function run(invocation: Run): Promise<number> {
  const { args, flags, io, dashAt } = invocation;
  const dryRun = parseDryRun(flags['dry-run'], io);
  const attaches = flags.attach ?? flags.stdin === true;
  const wanted = wantedPod(args, flags);
  checkFlags(invocation, { attaches, isDry: dryRun !== 'none' });
  if (dashAt === 0) throw new UsageError('the name of the pod comes before --');
  const timeoutMs = parseRunningTimeout(flags['pod-running-timeout']);
  const detachKeys = parseDetachKeys(flags['detach-keys'] || usualDetachKeys);
  const plain = runPod(wanted);
  const object =
    flags.overrides === undefined ? plain : withOverrides(plain, flags.overrides, flags['override-type'] ?? 'merge');
  const printer = await openOutcomePrinter(io, { flags, dryRun, generated: true });
  await using objects = await openObjects(invocation);
  const common = { namespaced: true, manager: 'kubectl-run' };
  const pod = await send({ ...common, object }, objects, invocation);
  await using cleaning = new AsyncDisposableStack();
  if (flags.rm === true) cleaning.defer(() => remove(objects, pod, invocation));
  if (flags.expose === true) {
    const service = await send({ ...common, object: runService(wanted) }, objects, invocation);
    if (flags.rm === true) cleaning.defer(() => remove(objects, service, invocation));
    await printer.print({ object: service, done: 'created' });
  }
  if (!attaches) {
    await printer.print({ object: pod, done: 'created' });
    return 0;
  }
  const made: Pod = await getPod(wanted.name, { objects, signal: invocation.signal });
  try {
    return await runAttached(made, {
      objects,
      io,
      signal: invocation.signal,
      container: undefined,
      stdin: flags.stdin === true,
      tty: flags.tty === true,
      quiet: flags.quiet === true,
      detachKeys,
      timeoutMs,
      waitsForEnd: flags['leave-stdin-open'] !== true && wanted.restart !== 'Always',
    });
  } catch (error) {
    if (invocation.signal.aborted) return 130;
    throw error;
  }
}

function wantedPod([name = '', ...args]: readonly string[], flags: Run['flags']): RunPod {
  if (flags.image === undefined || flags.image === '') throw new UsageError('--image is needed: what shall run?');
  const fault = imageFault(flags.image);
  if (fault !== undefined) throw new CommandError(`Invalid image name ${JSON.stringify(flags.image)}: ${fault}`);
  const stdin = flags.stdin === true;
  return {
    name,
    args,
    image: flags.image,
    isCommand: flags.command === true,
    env: flags.env,
    labels: flags.labels,
    annotations: flags.annotations,
    port: flags.port,
    restart: flags.restart ?? 'Always',
    imagePullPolicy: flags['image-pull-policy'],
    privileged: flags.privileged === true,
    stdin,
    stdinOnce: stdin && flags['leave-stdin-open'] !== true,
    tty: flags.tty === true,
  };
}

function checkFlags({ flags }: Run, { attaches, isDry }: { attaches: boolean; isDry: boolean }): void {
  if (flags.tty === true && flags.stdin !== true) throw new UsageError('-t (a terminal) needs -i');
  if (flags.expose === true && (flags.port ?? '') === '') throw new UsageError('--expose needs --port');
  if (flags.rm === true && !attaches)
    throw new UsageError('--rm is for pods that you are attached to: add -i or --attach');
  if (attaches && isDry) throw new UsageError('--dry-run makes no pod to attach to: leave -i and --attach out');
}

/** Also where the command was stopped: then in spite of its signal. Throws CommandError where it stays. */
async function remove(objects: Objects, object: UnstructuredObject, { flags, io }: Run): Promise<void> {
  const { name = '', namespace = '' } = object.metadata;
  const kind = object.kind.toLowerCase();
  const resource = object.kind === 'Pod' ? podsOf(objects) : objects.reader.client.resource('v1', 'services');
  try {
    await resource.delete(name, { namespace });
  } catch (error) {
    // Somebody else was quicker.
    if (isReason(error, 'NotFound')) return;
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandError(
      `${kind} ${namespace}/${name} stays, since it could not be removed (${why}): fairlead delete ${kind} ${name} -n ${namespace}`,
    );
  }
  if (flags.quiet === true) return;
  io.stdout.write(escapeControls(`${kind} "${name}" deleted from ${namespace} namespace\n`));
}
