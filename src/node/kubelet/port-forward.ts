/**
 * /portForward/NAMESPACE/POD with the channels of a WebSocket: one TCP connection to the pod for each `port` of the query.
 * Version 4 only, as kubelets have it: clients that offer 5, for commands, do not know its end of a channel here.
 */
import { connect } from 'node:net';
import { serverPatience } from '../../net/bound-end.ts';
import { goErrorText } from '../../net/go-error-text.ts';
import { serverPingMs } from '../../net/pings.ts';
import { readOn, wasReset } from '../../net/read-on.ts';
import { relay } from '../../net/relay.ts';
import { Channels, v4Channels } from '../../net/websocket/channels.ts';
import { answerHandshake, HandshakeError } from '../../net/websocket/handshake.ts';
import type { ForwardedPort } from '../../net/websocket/port-forward.ts';
import { acceptPortForward } from '../../net/websocket/port-forward.ts';
import { HttpError } from './http-error.ts';
import type { PodHandle } from './pod-access.ts';
import type { UpgradeRequest } from './upgrade-request.ts';

const MAX_PORTS = 16;

/** Throws `HttpError` before the upgrade. Resolves when all connections are over. */
export async function servePortForward(
  handle: PodHandle,
  query: URLSearchParams,
  upgrade: UpgradeRequest,
  signal: AbortSignal,
): Promise<void> {
  const given = [...query.getAll('port'), ...query.getAll('ports')].flatMap((text) => text.split(','));
  const ports = given.map(Number);
  if (ports.length === 0 || ports.length > MAX_PORTS) {
    throw new HttpError(400, `query parameter "port" is required, at most ${MAX_PORTS} times`);
  }
  const wrong = ports.findIndex((port) => !Number.isInteger(port) || port < 1 || port > 65535);
  if (wrong !== -1) throw new HttpError(400, `unable to parse ${JSON.stringify(given[wrong])} as a port`);
  const { podIP } = handle;
  if (podIP === undefined) throw new HttpError(500, 'the pod has no address yet');

  let head: string;
  let subprotocol: string;
  try {
    const answer = answerHandshake(upgrade.method, upgrade.headers, [v4Channels]);
    head = answer.head;
    subprotocol = answer.subprotocol ?? '';
  } catch (error) {
    if (error instanceof HandshakeError) throw new HttpError(error.status, error.message);
    throw error;
  }
  upgrade.socket.write(head);
  const channels = new Channels(upgrade.socket, {
    role: 'server',
    subprotocol,
    count: ports.length * 2,
    pingIntervalMs: serverPingMs,
  });
  const gone = new AbortController();
  let hasClosedWell = false;
  // What a client has said before that close still reaches the pod, at its pace: nothing else tells that it was all.
  void channels.closed.then(({ code }) => {
    if (code === 1000) hasClosedWell = true;
    else gone.abort();
  });
  const ends = AbortSignal.any([signal, gone.signal]);
  const outcomes = await Promise.all(
    acceptPortForward(channels, ports).map((port) => forward(port, { host: podIP, signal: ends })),
  );
  if (gone.signal.aborted || hasClosedWell) return;
  const terminate = () => channels.terminate();
  signal.addEventListener('abort', terminate);
  if (signal.aborted || outcomes.includes('cut off')) terminate();
  else channels.close(1000);
  await channels.closed;
  signal.removeEventListener('abort', terminate);
}

interface ForwardOptions {
  host: string;
  signal: AbortSignal;
}

/** Copies both ways, each direction's end apart. */
async function forward(
  { port, data, error }: ForwardedPort,
  { host, signal }: ForwardOptions,
): Promise<'ended' | 'cut off'> {
  error.resume();
  const socket = connect({ host, port, allowHalfOpen: true });
  const cut = () => {
    socket.destroy();
    data.destroy();
  };
  signal.addEventListener('abort', cut, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('the connection was given up')));
    });
  } catch (failure) {
    const where = `${host}:${port}`;
    const text = `failed to connect to ${where} inside the pod: ${goErrorText(failure, where) ?? (failure as Error).message}`;
    await new Promise<void>((resolve) => error.write(text, () => resolve()));
    error.end();
    data.end();
    return 'ended';
  }
  readOn(socket);
  let isPodDone = false;
  socket.once('end', () => {
    if (wasReset(socket)) return;
    isPodDone = true;
    // The client cannot be told of this end but by the end of all: what was sent goes out first.
    data.write('', (failed) => {
      // It has closed: its own last words are under way.
      if (!failed) cut();
    });
  });
  await relay(data, socket, serverPatience);
  signal.removeEventListener('abort', cut);
  error.end();
  if (signal.aborted) return 'cut off';
  const isWhole = socket.readableEnded && socket.writableFinished && data.readableEnded && data.writableFinished;
  return isWhole || isPodDone ? 'ended' : 'cut off';
}
