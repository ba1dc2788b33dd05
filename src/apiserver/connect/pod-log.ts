/** GET pods/NAME/log: the kubelet's container log, passed on as it comes. */

import { pipeline } from 'node:stream/promises';
import { isTrue } from '../../api/query-boolean.ts';
import type { FieldError } from '../../api/status.ts';
import { badRequest, invalid } from '../../api/status.ts';
import type { UpstreamPool } from '../../net/http1/upstream.ts';
import type { ConnectRequest } from './connector.ts';
import { kubeletUnreachable } from './dial-error.ts';
import type { KubeletCredentials } from './kubelet.ts';
import { kubeletEndpoint, kubeletRefusal, podContainer } from './kubelet.ts';

const NUMBERS: Readonly<Record<string, { least: number; complaint: string }>> = {
  tailLines: { least: 0, complaint: 'must be greater than or equal to 0' },
  limitBytes: { least: 1, complaint: 'must be greater than 0' },
  sinceSeconds: { least: 1, complaint: 'must be greater than 0' },
};

export async function servePodLog(
  { info, request, response, store, signal }: ConnectRequest,
  pool: UpstreamPool,
  credentials: KubeletCredentials,
): Promise<void> {
  if (response === undefined) throw badRequest('pod logs are not served as a WebSocket');
  const query = new URL(request.url ?? '/', 'https://server').searchParams;
  const kubeletQuery = logQuery(query, info.name);
  const { pod, container } = await podContainer(store, info.namespace, info.name, query.get('container') ?? '');
  const nodeName = pod.spec?.nodeName ?? '';
  if (nodeName === '') {
    response.writeHead(200, { 'Content-Type': 'text/plain' });
    response.end();
    return;
  }
  const node = await kubeletEndpoint(store, nodeName, credentials);
  const path = ['containerLogs', info.namespace, info.name, container].map(encodeURIComponent).join('/');
  const answer = await pool
    .request(node, { method: 'GET', target: `/${path}?${kubeletQuery}`, headers: [], signal })
    .catch((error: unknown) => Promise.reject(signal.aborted ? error : kubeletUnreachable(error, node)));
  if (answer.status !== 200) throw await kubeletRefusal(answer.status, answer.body, info.name);
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
  // What breaks off here looks broken off to the client: the pipeline destroys the response.
  await pipeline(answer.body, response).catch(() => {});
}

/** The kubelet's query. Throws 422 in upstream's wording for parameters out of range. */
function logQuery(query: URLSearchParams, podName: string): URLSearchParams {
  const errors: FieldError[] = [];
  const passed = new URLSearchParams();
  for (const name of ['follow', 'previous', 'timestamps']) {
    if (isTrue(query.get(name))) passed.set(name, 'true');
  }
  for (const [field, { least, complaint }] of Object.entries(NUMBERS)) {
    const value = query.get(field);
    if (value === null || value === '') continue;
    if (!/^-?\d{1,15}$/.test(value)) throw badRequest(`${field} must be a whole number, not ${JSON.stringify(value)}`);
    if (Number(value) < least) {
      errors.push({ reason: 'FieldValueInvalid', field, message: `Invalid value: ${value}: ${complaint}` });
    }
    passed.set(field, value);
  }
  const sinceTime = query.get('sinceTime') ?? '';
  if (sinceTime !== '') {
    if (Number.isNaN(Date.parse(sinceTime))) throw badRequest(`sinceTime ${JSON.stringify(sinceTime)} is not a time`);
    if (passed.has('sinceSeconds')) {
      const message = 'Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified';
      errors.push({ reason: 'FieldValueForbidden', field: '', message });
    }
    passed.set('sinceTime', sinceTime);
  }
  const stream = query.get('stream') ?? 'All';
  if (stream !== 'All')
    throw badRequest(`stream=${stream} is not supported: logs are served with both streams together`);
  if (errors.length > 0) throw invalid({ group: '', version: 'v1', kind: 'PodLogOptions' }, podName, errors);
  return passed;
}
