/** GET /containerLogs/NAMESPACE/POD/CONTAINER: query parameters are those of PodLogOptions. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { isTrue } from '../../api/query-boolean.ts';
import type { LogSelection } from '../logs/read-log.ts';
import { readLog } from '../logs/read-log.ts';
import { HttpError } from './http-error.ts';
import type { PodHandle } from './pod-access.ts';

/** What the kubelet says in place of these reasons. */
const pullWords: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

const newline = 0x0a;
/** How long a client may take, once the node stops, to read what it is sent. */
const farewellMs = 500;

/** Throws `HttpError` before the answer; what fails after that, or is cut short by the signal, is told in a last line too. */
export async function serveContainerLogs(
  handle: PodHandle,
  containerName: string,
  query: URLSearchParams,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const podName = handle.pod.metadata.name;
  const runner = handle.container(containerName);
  if (runner === undefined) throw new HttpError(404, `container ${containerName} not found in pod ${podName}`);
  const previous = isTrue(query.get('previous'));
  const selection = logSelection(query);
  const file = previous ? runner.previousLogFile : runner.logFile;
  if (file === undefined) {
    const where = `container "${containerName}" in pod "${podName}"`;
    if (previous) throw new HttpError(400, `previous terminated ${where} not found`);
    const reason = runner.status().state?.waiting?.reason ?? 'no logs yet';
    throw new HttpError(400, `${where} is waiting to start: ${pullWords[reason] ?? reason}`);
  }
  response.writeHead(200, { 'Content-Type': 'text/plain' });
  response.flushHeaders();
  const live = runner.log?.file === file && !runner.log.closed ? runner.log : undefined;
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  let farewell: NodeJS.Timeout | undefined;
  const leave = () => {
    farewell = setTimeout(() => response.destroy(), farewellMs);
  };
  signal.addEventListener('abort', leave);
  if (signal.aborted) leave();
  try {
    const log = readLog(file, selection, live, AbortSignal.any([signal, gone.signal]));
    await pipeline(withLastWords(log, response, signal), response);
  } finally {
    signal.removeEventListener('abort', leave);
    clearTimeout(farewell);
  }
}

/**
 * The log, and as the last line why it ends where it is cut off; throws then. A kube-apiserver makes a regular end of one that
 * was broken off: without those words, which kubelets have too, a part would look like the whole.
 */
async function* withLastWords(
  log: AsyncIterable<Buffer>,
  response: ServerResponse,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let last = newline;
  try {
    for await (const chunk of log) {
      last = chunk.at(-1) ?? last;
      yield chunk;
    }
    if (signal.aborted) throw new Error('the node is stopping');
  } catch (error) {
    if (response.destroyed) throw error;
    const begin = last === newline ? '' : '\n';
    const why = error instanceof Error ? error.message : String(error);
    // Out of this process before the response is destroyed.
    const out = new Promise<void>((resolve) => {
      response.write(`${begin}the stream was cut off: ${why}\n`, () => resolve());
    });
    await Promise.race([out, once(response, 'close')]);
    throw error;
  }
}

/** Throws 400 for parameters that make no sense, 422 as the kubelet for values out of range. */
function logSelection(query: URLSearchParams): LogSelection {
  const tailLines = wholeNumber(query, 'tailLines');
  const limitBytes = wholeNumber(query, 'limitBytes');
  const sinceSeconds = wholeNumber(query, 'sinceSeconds');
  const sinceTime = query.get('sinceTime') ?? '';
  let since: Date | undefined;
  if (sinceSeconds !== undefined) since = new Date(Date.now() - sinceSeconds * 1000);
  else if (sinceTime !== '') {
    since = new Date(sinceTime);
    if (Number.isNaN(since.getTime())) throw new HttpError(400, `sinceTime ${sinceTime} is not a time`);
  }
  return {
    follow: isTrue(query.get('follow')),
    timestamps: isTrue(query.get('timestamps')),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(since === undefined ? {} : { since }),
  };
}

function wholeNumber(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (!/^\d{1,15}$/.test(text)) throw new HttpError(422, `${name} must be a whole number from 0 on, not ${text}`);
  return Number(text);
}
