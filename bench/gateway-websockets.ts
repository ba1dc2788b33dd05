/** What 5,000 idle WebSockets through the gateway to a TLS server take of its memory, beside a real kubectl proxy. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { residentBytesOf } from '../test/peers/real-cluster.ts';
import type { Subject } from './gateway-subjects.ts';
import { loadWords, openGatewaySubjects } from './gateway-subjects.ts';
import { headOf, open } from './http-load.ts';
import { connectionsWithin } from './open-files.ts';

const wanted = 5000;
const atOnce = 50;
const settleMs = 3000;
/** Of the memory of kubectl proxy. */
const limit = 1;

const path = '/api/v1/namespaces/default/services/web:80/proxy/socket';
const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n`;

interface Memory {
  before: number;
  held: number;
}

async function hold({ name, pid, port }: Subject, count: number): Promise<Memory> {
  const before = await residentBytesOf(pid);
  const sockets: Socket[] = [];
  for (let opened = 0; opened < count; opened += atOnce) {
    const batch = Array.from({ length: Math.min(atOnce, count - opened) }, async () => {
      const socket = await open(port);
      socket.write(headOf({ port, path }, 'GET', upgrade));
      const [head]: Buffer[] = await once(socket, 'data');
      if (head?.toString('latin1').startsWith('HTTP/1.1 101 ') !== true)
        throw new Error(`${name} opened no WebSocket: ${head?.toString('latin1').slice(0, 500)}`);
      return socket;
    });
    sockets.push(...(await Promise.all(batch)));
  }
  await delay(settleMs);
  const held = await residentBytesOf(pid);
  const alive = sockets.filter(({ readyState }) => readyState === 'open').length;
  for (const socket of sockets) socket.destroy();
  if (alive !== count) throw new Error(`${name} let go ${count - alive} of ${count} WebSockets`);
  return { before, held };
}

/** Prints figures and the ratio. True when the limit is met. */
export async function benchGatewayWebSockets(): Promise<boolean> {
  const count = await connectionsWithin('gateway-websockets', wanted);
  await using subjects = await openGatewaySubjects();
  const { kubectl, fairlead } = subjects;
  console.log(`gateway-websockets: ${count} idle WebSockets to a TLS server (${loadWords()})`);
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;
  const results: Memory[] = [];
  for (const subject of [kubectl, fairlead]) {
    const memory = await hold(subject, count);
    results.push(memory);
    console.log(
      `  ${subject.name.padEnd(14)} ${megabytes(memory.held)}, ${megabytes(memory.before)} before: ${((memory.held - memory.before) / count / 1000).toFixed(1)} kB each`,
    );
  }
  const [theirs, ours] = results;
  if (theirs === undefined || ours === undefined) return false;
  const ratio = ours.held / theirs.held;
  console.log(`  ratio: ${ratio.toFixed(2)} of its memory (at most ${limit}): ${ratio <= limit ? 'met' : 'MISSED'}`);
  return ratio <= limit;
}

if (import.meta.main) process.exitCode = (await benchGatewayWebSockets()) ? 0 : 1;
