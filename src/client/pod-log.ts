/** A container's log as lines. */
import type { Readable } from 'node:stream';
import { StringDecoder } from 'node:string_decoder';
import type { ClusterClient } from './cluster-client.ts';
import { startDeadline } from './deadline.ts';
import { queryString } from './resource-path.ts';
import { readBody, refusal } from './response-body.ts';
import { stoppable } from './stoppable.ts';

export interface LogOptions {
  /** Needed where the pod has several. */
  container?: string;
  /** Goes on with what is written from now on, until the container ends. */
  follow?: boolean;
  /** Of the container's last run before this one. */
  previous?: boolean;
  sinceSeconds?: number;
  sinceTime?: Date;
  /** The last so many lines. */
  tailLines?: number;
  limitBytes?: number;
  /** Each line begins with its time, RFC 3339, and a space. */
  timestamps?: boolean;
  /** Do not check the node's certificate where the API server asks it: whoever stands there could tell another log. */
  insecureSkipTLSVerifyBackend?: boolean;
  signal?: AbortSignal | undefined;
}

/** A longer line is told in pieces of this length, so that one without an end does not take the memory. */
const maxLine = 1024 * 1024;

/** The log as the server sends it. What reads it must destroy it. Throws StatusError and ConnectionError. */
export async function openLog(client: ClusterClient, path: string, options: LogOptions): Promise<Readable> {
  const { signal, sinceTime, ...rest } = options;
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(rest)) {
    if (value !== undefined && value !== false) parameters.set(name, String(value));
  }
  if (sinceTime !== undefined) parameters.set('sinceTime', sinceTime.toISOString());
  const { status, headers, body } = await client.request({
    method: 'GET',
    path: `${path}${queryString(parameters)}`,
    headers: { Accept: '*/*' },
    ...(signal && { signal }),
  });
  if (status !== 200) throw refusal(status, await readBody(body), headers.get('location'));
  return body;
}

/** The same in lines. Stopping also ends a wait for the next one. */
export function readLog(client: ClusterClient, path: string, options: LogOptions): AsyncIterable<string> {
  return stoppable((stop) => lines(client, path, options, stop));
}

/** Ends without an error when `stop` fires. */
async function* lines(
  client: ClusterClient,
  path: string,
  options: LogOptions,
  stop: AbortSignal,
): AsyncGenerator<string, undefined> {
  using until = startDeadline(stop, undefined, options.signal);
  const { signal } = until;
  let body: Readable;
  try {
    body = await openLog(client, path, { ...options, signal });
  } catch (error) {
    if (stop.aborted) return;
    throw error;
  }
  const decoder = new StringDecoder('utf8');
  let pending = '';
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      const whole = `${pending}${decoder.write(chunk)}`.split('\n');
      pending = whole.pop() ?? '';
      yield* whole;
      if (pending.length > maxLine) {
        yield pending;
        pending = '';
      }
    }
  } catch (error) {
    if (stop.aborted) return;
    throw signal.aborted ? signal.reason : error;
  } finally {
    body.destroy();
  }
  pending += decoder.end();
  if (pending !== '') yield pending;
}
