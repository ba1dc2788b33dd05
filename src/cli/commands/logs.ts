import { StatusError } from '../../api/status.ts';
import { CommandError, defineCommand, type Invocation, UsageError } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { selectionFlags } from '../objects/object-flags.ts';
import { openObjects } from '../objects/open-objects.ts';
import { containerFlag } from '../pods/containers.ts';
import { parseRunningTimeout, runningTimeoutFlag } from '../pods/find-pods.ts';
import { type LogSource, logSources } from '../pods/log-sources.ts';
import { ByteOutput, ReaderGone } from '../pods/output.ts';
import { printFollowedLog, printLog, type ShowLog } from '../pods/show-log.ts';
import { escapeControls } from '../print/escape.ts';
import { statusLine } from '../print/status-line.ts';

const flags = {
  ...containerFlag,
  ...runningTimeoutFlag,
  selector: { ...selectionFlags.selector, description: 'all pods with these labels: app=web,tier!=db' },
  'all-containers': { type: 'boolean', description: 'of every container of the pod, init containers too' },
  'all-pods': { type: 'boolean', description: 'of every pod of the TYPE/NAME; sets --prefix' },
  follow: {
    type: 'boolean',
    short: 'f',
    description: 'go on with what is written from now on, over lost connections and restarts',
  },
  previous: { type: 'boolean', short: 'p', description: 'of the run before this one' },
  since: { type: 'string', value: 'TIME', description: 'only what is newer than this: 5s, 2m, 3h' },
  'since-time': { type: 'string', value: 'DATE', description: 'only what was written after: 2026-01-31T06:00:00Z' },
  tail: { type: 'integer', value: 'N', description: 'only the last N lines (default: all; with a selector 10)' },
  'limit-bytes': { type: 'integer', value: 'N', description: 'no more bytes than this of each container' },
  timestamps: { type: 'boolean', description: 'put its time before each line' },
  prefix: { type: 'boolean', description: 'put [pod/NAME/CONTAINER] before each line' },
  'ignore-errors': { type: 'boolean', description: 'tell what goes wrong with one container, and show the others' },
  'max-log-requests': { type: 'integer', value: 'N', description: 'how many to follow at once at most (default 5)' },
  'insecure-skip-tls-verify-backend': {
    type: 'boolean',
    description: "do not check the node's certificate: whoever stands there could tell another log",
  },
} as const;

export const logsCommand = defineCommand({
  usage: '[-f] [-p] (POD | TYPE/NAME) [-c CONTAINER] | -l SELECTOR',
  description:
    'With -f it outlives lost connections and restarts of the container, without a line lost or told twice, and ends when\n' +
    'the container will not run again.',
  examples: [
    { does: 'The log of a pod', line: 'fairlead logs web-7d4b9' },
    { does: 'What is written from now on, by one pod of a deployment', line: 'fairlead logs -f --tail=10 deploy/web' },
    { does: 'Why it was restarted', line: 'fairlead logs -p web-7d4b9' },
    { does: 'All containers of all pods with a label', line: 'fairlead logs -l app=web --all-containers --prefix' },
    { does: 'The last hour, with times', line: 'fairlead logs web-7d4b9 --since=1h --timestamps' },
  ],
  flags,
  arguments: { min: 0, max: 2, complete: ['pods or TYPE/NAME', 'containers'] },
  run,
});

type Flags = Invocation<typeof flags>['flags'];

async function run(invocation: Invocation<typeof flags>): Promise<number> {
  const { args, flags, io } = invocation;
  const [word, secondContainer] = args;
  const options = logOptions(flags);
  const container = chosenContainer(flags.container, secondContainer);
  if ((word === undefined) === (flags.selector === undefined)) {
    throw new UsageError('say whose log: one POD or TYPE/NAME, or a selector (-l)');
  }
  if (flags['all-containers'] === true && container !== undefined) {
    throw new UsageError(`--all-containers and the container ${container} exclude each other`);
  }
  const timeoutMs = parseRunningTimeout(flags['pod-running-timeout'], 20_000);
  await using objects = await openObjects(invocation);
  const choice = {
    word,
    selector: flags.selector,
    container,
    allContainers: flags['all-containers'] === true,
    allPods: flags['all-pods'] === true,
    timeoutMs,
  };
  const sources = await logSources(choice, { objects, io, signal: invocation.signal });
  const follow = flags.follow === true && flags.previous !== true;
  const most = flags['max-log-requests'] ?? 5;
  if (follow && sources.length > 1 && sources.length > most) {
    throw new CommandError(
      `these are ${sources.length} logs to follow, and no more than ${most} are followed at once: raise --max-log-requests`,
    );
  }
  const show = {
    objects,
    io,
    output: new ByteOutput(io),
    options,
    prefix: flags.prefix === true || flags['all-pods'] === true,
    isOneOfSeveral: sources.length > 1,
    startTimeoutMs: timeoutMs,
  };
  const ignoreErrors = flags['ignore-errors'] === true;
  return await showAll(sources, { ...show, signal: invocation.signal, follow, ignoreErrors });
}

/** All at once when they are followed, else one after the other. The first that fails ends the others. */
async function showAll(
  sources: readonly LogSource[],
  { follow, ignoreErrors, signal, ...show }: ShowLog & { follow: boolean; ignoreErrors: boolean },
): Promise<number> {
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  let failure: { error: unknown } | undefined;
  const one = async (source: LogSource): Promise<void> => {
    if (failure !== undefined || either.aborted) return;
    try {
      await (follow ? printFollowedLog : printLog)(source, { ...show, signal: either });
    } catch (error) {
      if (either.aborted) return;
      if (ignoreErrors && !(error instanceof ReaderGone)) show.io.stderr.write(`${failureLine(error)}\n`);
      else {
        failure ??= { error };
        end.abort();
      }
    }
  };
  if (follow) await Promise.all(sources.map(one));
  else for (const source of sources) await one(source);
  if (failure !== undefined && !(failure.error instanceof ReaderGone)) throw failure.error;
  return signal.aborted ? 130 : 0;
}

function failureLine(error: unknown): string {
  if (error instanceof StatusError) return statusLine(error);
  return escapeControls(`error: ${error instanceof Error ? error.message : String(error)}`);
}

function chosenContainer(flag: string | undefined, word: string | undefined): string | undefined {
  if (flag !== undefined && word !== undefined)
    throw new UsageError('name the container by -c or by a word, not by both');
  return flag ?? word;
}

function logOptions(flags: Flags): ShowLog['options'] {
  const { since, tail, previous, timestamps } = flags;
  const sinceTime = flags['since-time'];
  const limitBytes = flags['limit-bytes'];
  if (since !== undefined && sinceTime !== undefined)
    throw new UsageError('--since and --since-time exclude each other');
  if (limitBytes !== undefined && limitBytes < 0) throw new UsageError('--limit-bytes must be greater than 0');
  if (tail !== undefined && tail < -1) throw new UsageError('--tail must be -1 (all) or more');
  const sinceSeconds = since === undefined ? 0 : Math.round(parseDuration(since, '--since') / 1000);
  if (sinceSeconds < 0) throw new UsageError('--since must be greater than 0');
  const tailLines = tail ?? (flags.selector === undefined ? -1 : 10);
  return {
    ...(sinceSeconds > 0 && { sinceSeconds }),
    ...(sinceTime !== undefined && { sinceTime: parseTime(sinceTime) }),
    ...(tailLines >= 0 && { tailLines }),
    ...(limitBytes !== undefined && limitBytes > 0 && { limitBytes }),
    ...(previous === true && { previous }),
    ...(timestamps === true && { timestamps }),
    ...(flags['insecure-skip-tls-verify-backend'] === true && { insecureSkipTLSVerifyBackend: true }),
  };
}

function parseTime(text: string): Date {
  const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text);
  const time = new Date(isDate ? text : Number.NaN);
  if (Number.isNaN(time.getTime())) {
    throw new UsageError(`invalid --since-time "${text}": a date such as 2026-01-31T06:00:00Z is needed`);
  }
  return time;
}
