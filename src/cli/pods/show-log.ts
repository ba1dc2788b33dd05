/** Prints the log of one container: what there is, or all that comes. */
import { followLog, type LogIncident } from '../../client/log/follow-log.ts';
import { LogLines } from '../../client/log/log-lines.ts';
import { openPod } from '../../client/pod.ts';
import type { LogOptions } from '../../client/pod-log.ts';
import { AnswerLimit } from '../answer-limit.ts';
import { CommandError, type CommandIo } from '../command.ts';
import type { Objects } from '../objects/open-objects.ts';
import { escapeControls } from '../print/escape.ts';
import type { LogSource } from './log-sources.ts';
import { type ByteOutput, LineOutput } from './output.ts';

export interface ShowLog {
  objects: Objects;
  io: Pick<CommandIo, 'stderr'>;
  output: ByteOutput;
  signal: AbortSignal;
  options: Omit<LogOptions, 'container' | 'signal' | 'follow'>;
  prefix: boolean;
  /** Several follow at once: incidents say whose they are. */
  isOneOfSeveral: boolean;
  startTimeoutMs: number;
}

function prefixOf({ pod, container }: LogSource, { prefix }: ShowLog): string {
  return prefix ? `[pod/${pod}/${container}] ` : '';
}

/** Throws StatusError, ConnectionError, ReaderGone, and CommandError for a log that takes longer than a request may. */
export async function printLog(source: LogSource, show: ShowLog): Promise<void> {
  await withinLimit(source, show, printWhole);
}

/** The same of a log that goes on, until its container will not run again. */
export async function printFollowedLog(source: LogSource, show: ShowLog): Promise<void> {
  await withinLimit(source, show, printGoingOn);
}

async function withinLimit(
  source: LogSource,
  show: ShowLog,
  print: (source: LogSource, show: ShowLog, onOpen: () => void) => Promise<void>,
): Promise<void> {
  const { requestTimeoutMs = 0 } = show.objects.reader.config;
  using limit = new AnswerLimit(show.signal, requestTimeoutMs || undefined);
  try {
    await print(source, { ...show, signal: limit.signal }, () => limit.start());
  } catch (error) {
    if (!limit.isOver) throw error;
  }
  if (limit.isOver) {
    throw new CommandError(
      `the log of pod/${source.pod} had not ended after ${requestTimeoutMs / 1000} s, the limit that --request-timeout sets`,
    );
  }
}

async function printWhole(source: LogSource, show: ShowLog, onOpen: () => void): Promise<void> {
  const { objects, output, options, signal } = show;
  const { namespace, pod, container } = source;
  const body = await openPod(objects.reader.client, namespace, pod).rawLog({ ...options, container, signal });
  onOpen();
  try {
    if (!show.prefix && !output.isTerminal) {
      for await (const chunk of body as AsyncIterable<Buffer>) await output.write(chunk);
      return;
    }
    const lines = new LogLines();
    const prefixed = new LineOutput(output, prefixOf(source, show));
    for await (const chunk of body as AsyncIterable<Buffer>) {
      for (const { bytes } of lines.take(chunk)) await prefixed.write(bytes);
    }
    const rest = lines.rest();
    if (rest !== undefined) await prefixed.write(rest);
  } finally {
    body.destroy();
  }
}

async function printGoingOn(source: LogSource, show: ShowLog, onOpen: () => void): Promise<void> {
  const { objects, io, output, signal, startTimeoutMs } = show;
  const { namespace, pod, container } = source;
  const { limitBytes, ...options } = show.options;
  const lines = new LineOutput(output, prefixOf(source, show));
  const about = show.isOneOfSeveral ? `${pod}/${container}: ` : '';
  const onIncident = (incident: LogIncident): void => {
    io.stderr.write(`${escapeControls(about + sentence(incident))}\n`);
  };
  const told = followLog(
    objects.reader.client,
    { namespace, name: pod },
    { ...options, container, signal, onIncident, onOpen, startTimeoutMs },
  );
  let left = limitBytes ?? Number.POSITIVE_INFINITY;
  for await (const piece of told) {
    await lines.write(piece.subarray(0, left));
    left -= piece.length;
    if (left <= 0) return;
  }
}

function sentence(incident: LogIncident): string {
  switch (incident.kind) {
    case 'broken':
      return `The log broke off (${incident.reason}); connecting again.`;
    case 'resumed':
      return 'The log goes on where it broke off.';
    case 'lost':
      return 'Lines are missing here: the log no longer held them when it went on.';
    case 'waiting':
      return incident.reason;
    case 'restarted':
      return `The container was restarted (restart ${incident.restarts}); its log goes on.`;
    case 'missed':
      return `The container was restarted more than once meanwhile: the log of ${incident.runs} ${incident.runs === 1 ? 'run is' : 'runs is'} not there any more.`;
  }
}
