/** GET /containerLogs/NAMESPACE/POD/CONTAINER: query parameters are those of PodLogOptions. */

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
  await pipeline(readLog(file, selection, live, signal), response, { signal });
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
