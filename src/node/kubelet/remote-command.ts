/** What exec and attach have in common: the streams that are asked for and the container that is meant. */
import { isTrue } from '../../api/query-boolean.ts';
import type { RunningContainer } from '../runtime/runtime.ts';
import type { ExecStreams } from './exec-session.ts';
import { HttpError } from './http-error.ts';
import type { PodHandle } from './pod-access.ts';

function isSet(query: URLSearchParams, name: string): boolean {
  return isTrue(query.get(name));
}

/** Throws `HttpError` when none is asked for. */
export function askedStreams(query: URLSearchParams): ExecStreams {
  const terminal = isSet(query, 'tty');
  // A terminal has one output, whatever else is asked for.
  const error = isSet(query, 'error') && !terminal;
  const streams = { input: isSet(query, 'input'), output: isSet(query, 'output'), error, terminal };
  if (streams.input || streams.output || streams.error) return streams;
  throw new HttpError(400, 'you must specify at least 1 of stdin, stdout, stderr');
}

/** Throws `HttpError` when there is no such container, or it does not run. */
export function runningContainer(handle: PodHandle, name: string): RunningContainer {
  const runner = handle.container(name);
  if (runner === undefined) throw new HttpError(404, `container ${name} not found in pod`);
  if (runner.running === undefined) throw new HttpError(500, `container ${name} is not running`);
  return runner.running;
}
