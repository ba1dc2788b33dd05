/** How a running `fairlead forward` is asked how it is, and told to end some of its forwards: a unix socket that only its user reaches. */
import { createConnection, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { ListenError, openListeners } from '../../gateway/listeners.ts';
import { isRecord } from '../../lib/is-record.ts';
import type { ForwardStatus } from './forward.ts';

/** One question and one answer for each connection, as JSON. */
export type ControlRequest = { ask: 'status' } | { ask: 'stop'; ports: readonly number[] };

export interface ControlledForwards {
  statuses(): readonly ForwardStatus[];
  /** Ends those at these local ports. */
  stop(ports: readonly number[]): Promise<void>;
}

const longestRequest = 65_536;
const patienceMs = 5000;

/** Undefined where no socket can be made there (a path that is too long): it is then not to be asked. */
export async function serveControl(path: string, forwards: ControlledForwards): Promise<AsyncDisposable | undefined> {
  try {
    return await openListeners({ unixSocket: path }, (socket) => void answer(socket, forwards));
  } catch (error) {
    if (error instanceof ListenError) return undefined;
    throw error;
  }
}

async function answer(socket: Socket, forwards: ControlledForwards): Promise<void> {
  socket.on('error', () => socket.destroy());
  socket.setTimeout(patienceMs, () => socket.destroy());
  let said = '';
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      said += String(chunk);
      if (said.includes('\n') || said.length > longestRequest) break;
    }
    const request: unknown = JSON.parse(said);
    if (isRecord(request) && request.ask === 'stop' && Array.isArray(request.ports))
      await forwards.stop(request.ports.filter((port) => typeof port === 'number'));
    socket.end(JSON.stringify(forwards.statuses()));
  } catch {
    socket.destroy();
  }
}

/** The statuses after it. Undefined where nobody answers. */
export async function askControl(
  path: string,
  request: ControlRequest,
  silenceMs = patienceMs,
): Promise<readonly ForwardStatus[] | undefined> {
  const socket = createConnection(path);
  socket.setTimeout(silenceMs, () => socket.destroy(new Error('no answer')));
  socket.write(`${JSON.stringify(request)}\n`);
  try {
    const said: unknown = JSON.parse(await text(socket));
    // Of a process of the same user and program.
    return Array.isArray(said) ? (said as ForwardStatus[]) : undefined;
  } catch {
    return undefined;
  }
}
