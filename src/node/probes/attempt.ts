/** One attempt of a probe or a lifecycle hook, after `pkg/probe` and `pkg/kubelet/lifecycle`. */
import type { IncomingMessage } from 'node:http';
import { get } from 'node:http';
import { connect } from 'node:net';
import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import type { Container, ExecAction, HTTPGetAction, SleepAction, TCPSocketAction } from '../../api/types/core-v1.ts';
import { goErrorText } from '../../net/go-error-text.ts';
import type { RunningContainer } from '../runtime/runtime.ts';

export interface Action {
  exec?: ExecAction;
  httpGet?: HTTPGetAction;
  tcpSocket?: TCPSocketAction;
  sleep?: SleepAction;
}

export interface AttemptContext {
  container: Container;
  running: RunningContainer;
  podIP: string;
  /** Fires at the probe's timeout, too. */
  signal: AbortSignal;
}

/** `message` says why it failed, in upstream's wording. */
export interface AttemptResult {
  ok: boolean;
  message: string;
}

const SHOWN_BYTES = 1024;

/** Never rejects: whatever goes wrong is a failed attempt. */
export async function attempt(action: Action, context: AttemptContext): Promise<AttemptResult> {
  try {
    if (action.exec !== undefined) return await attemptExec(action.exec.command ?? [], context);
    if (action.httpGet !== undefined) return await attemptHttp(action.httpGet, context);
    if (action.tcpSocket !== undefined) return await attemptTcp(action.tcpSocket, context);
    if (action.sleep !== undefined) {
      await delay(action.sleep.seconds * 1000, undefined, { signal: context.signal });
      return { ok: true, message: '' };
    }
    return { ok: true, message: '' };
  } catch (error) {
    return { ok: false, message: context.signal.aborted ? 'timed out' : (error as Error).message };
  }
}

async function attemptExec(argv: readonly string[], { running, signal }: AttemptContext): Promise<AttemptResult> {
  const output = new PassThrough();
  let text = '';
  output.on('data', (chunk: Buffer) => {
    if (text.length < SHOWN_BYTES) text += chunk.toString('utf8', 0, SHOWN_BYTES - text.length);
  });
  const { exitCode, startError } = await running.exec({ argv, stdout: output, stderr: output, signal });
  if (startError !== undefined) return { ok: false, message: startError };
  if (signal.aborted) return { ok: false, message: `command timed out: ${argv.join(' ')}` };
  return { ok: exitCode === 0, message: text };
}

async function attemptHttp(action: HTTPGetAction, context: AttemptContext): Promise<AttemptResult> {
  const scheme = (action.scheme ?? 'HTTP').toLowerCase();
  const host = action.host === undefined || action.host === '' ? context.podIP : action.host;
  const port = portNumber(action.port, context.container);
  const authority = host.includes(':') ? `[${host}]` : host;
  const path = action.path ?? '/';
  const start = new URL(`${scheme}://${authority}:${port}${path.startsWith('/') ? '' : '/'}${path}`);
  const headers: Record<string, string> = { 'User-Agent': 'kube-probe/1.36', Accept: '*/*' };
  for (const { name, value } of action.httpHeaders ?? []) headers[name] = value;
  let url = start;
  for (let redirects = 0; ; redirects += 1) {
    const response = await fetchOnce(url, headers, context.signal);
    const status = response.statusCode ?? 0;
    const location = response.headers.location;
    if (status >= 300 && status < 400 && location !== undefined && redirects < 10) {
      const next = new URL(location, url);
      // As upstream: a redirect to another host is good enough, it is not followed.
      if (next.hostname !== start.hostname) return { ok: true, message: '' };
      url = next;
      continue;
    }
    if (status >= 200 && status < 400) return { ok: true, message: '' };
    return { ok: false, message: `HTTP probe failed with statuscode: ${status}` };
  }
}

/** Resolves with the head; the body is thrown away. */
async function fetchOnce(url: URL, headers: Record<string, string>, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? (await import('node:https')).get : get;
  const options = { headers, signal, agent: false as const, rejectUnauthorized: false };
  return await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(url, options, (response) => {
      response.on('error', () => {});
      response.resume();
      response.on('end', () => sent.destroy());
      resolve(response);
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const why = signal.aborted
        ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)'
        : (goErrorText(error, withPort(url)) ?? error.message);
      reject(new Error(`Get "${url.protocol}//${withPort(url)}${url.pathname}${url.search}": ${why}`));
    });
  });
}

/** A URL drops the port that is its scheme's own, which upstream's words have. */
function withPort({ protocol, hostname, port }: URL): string {
  return `${hostname}:${port || (protocol === 'https:' ? 443 : 80)}`;
}

async function attemptTcp(action: TCPSocketAction, context: AttemptContext): Promise<AttemptResult> {
  const host = action.host === undefined || action.host === '' ? context.podIP : action.host;
  const port = portNumber(action.port, context.container);
  return await new Promise<AttemptResult>((resolve) => {
    const socket = connect({ host, port, signal: context.signal }, () => {
      socket.destroy();
      resolve({ ok: true, message: '' });
    });
    socket.on('error', (error) => {
      const where = `${host}:${port}`;
      const known = context.signal.aborted ? `dial tcp ${where}: i/o timeout` : goErrorText(error, where);
      resolve({ ok: false, message: known ?? `dial tcp ${where}: ${error.message}` });
    });
  });
}

function portNumber(port: number | string, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find(({ name }) => name === port)?.containerPort;
  const number = named ?? (/^\d+$/.test(port) ? Number(port) : undefined);
  if (number === undefined) throw new Error(`couldn't find port: ${port} in container ${container.name}`);
  return number;
}
