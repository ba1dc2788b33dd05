/**
 * 100,000 connections to the gateway that come and go: what it holds of memory and open files at the end, beside what it held
 * after the first 10,000. Of ten, seven ask once and leave, one leaves in the midst of a large answer, one opens a WebSocket and
 * ends it, and one says nothing.
 */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { residentBytesOf } from '../test/peers/real-cluster.ts';
import type { Subject } from './gateway-subjects.ts';
import { loadWords, openGatewaySubjects } from './gateway-subjects.ts';
import { headOf, open } from './http-load.ts';
import { openFilesOf } from './open-files.ts';

const first = 10_000;
const all = 100_000;
const atOnce = 32;
const settleMs = 3000;
const limits = { megabytes: 10, files: 10 };

interface Held {
  megabytes: number;
  files: number;
}

const path = '/api/v1/namespaces/default';
const upgrade = `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\n`;

async function one(port: number, number: number): Promise<void> {
  const socket = await open(port);
  const closed = once(socket, 'close');
  const kind = number % 10;
  if (kind === 9) socket.destroy();
  else if (kind === 8) {
    socket.write(headOf({ port, path: `${path}/services/web:80/proxy/socket` }, 'GET', upgrade));
    await once(socket, 'data');
    socket.end();
    socket.resume();
  } else if (kind === 7) {
    socket.write(headOf({ port, path: `${path}?bytes=4000000` }));
    await once(socket, 'data');
    socket.destroy();
  } else {
    socket.write(headOf({ port, path }, 'GET', 'Connection: close\r\n'));
    socket.resume();
  }
  await closed;
}

/** What is held when it has come to rest. */
async function held({ pid }: Subject): Promise<Held> {
  await delay(settleMs);
  return { megabytes: (await residentBytesOf(pid)) / 1e6, files: await openFilesOf(pid) };
}

async function openAndClose(port: number, from: number, to: number): Promise<void> {
  let next = from;
  const worker = async (): Promise<void> => {
    while (next < to) await one(port, next++);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** Prints figures. True when the limits are met. */
export async function benchGatewayChurn(): Promise<boolean> {
  await using subjects = await openGatewaySubjects();
  const { fairlead } = subjects;
  console.log(`gateway-churn: ${all} connections that come and go (${loadWords()})`);
  const began = performance.now();
  await openAndClose(fairlead.port, 0, first);
  const early = await held(fairlead);
  await openAndClose(fairlead.port, first, all);
  const perSecond = all / ((performance.now() - began) / 1000);
  const late = await held(fairlead);
  console.log(
    `  ${early.megabytes.toFixed(0)} MB and ${early.files} files after ${first}, ${late.megabytes.toFixed(0)} MB and ${late.files} files at the end; ${perSecond.toFixed(0)} connections/s`,
  );
  const growth = { megabytes: late.megabytes - early.megabytes, files: late.files - early.files };
  const met = growth.megabytes <= limits.megabytes && growth.files <= limits.files;
  console.log(
    `  ${growth.megabytes.toFixed(1)} MB (at most ${limits.megabytes}) and ${growth.files} files (at most ${limits.files}) more: ${met ? 'met' : 'MISSED'}`,
  );
  return met;
}

if (import.meta.main) process.exitCode = (await benchGatewayChurn()) ? 0 : 1;
