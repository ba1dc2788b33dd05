import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

/** Answers of known bytes, of every length of read, in a program that throws again and again while it reads them, and survives. */
const program = `
import { once } from 'node:events';
import http from 'node:http';
import https from 'node:https';
import { testCertificate } from '${new URL('../../../test/certificate.ts', import.meta.url)}';
import { openUpstreamPool } from '${new URL('pool.ts', import.meta.url)}';

let thrown = 0;
process.on('uncaughtException', () => thrown++);
const [way, path] = process.argv.slice(2);
const expected = Buffer.from(Array.from({ length: 400_000 }, (_, at) => at + ';').join(''));
const onRequest = (request, response) => {
  if (request.url === '/whole') return response.end(expected);
  for (let at = 0; at < expected.length; at += 30_000) response.write(expected.subarray(at, at + 30_000));
  response.end();
};
const certificate = testCertificate();
const server = way === 'tls' ? https.createServer(certificate, onRequest) : http.createServer(onRequest);
if (way === 'unix') server.listen(path);
else server.listen(0, '127.0.0.1');
await once(server, 'listening');
const endpoint = {
  host: '127.0.0.1',
  port: way === 'unix' ? 1 : server.address().port,
  ...(way === 'unix' && { unixSocket: path }),
  ...(way === 'tls' && { tls: { ca: certificate.ca } }),
};
const pool = openUpstreamPool();
let [right, wrong] = [0, 0];
for (let round = 0; round < 10; round++) {
  const target = round % 2 === 0 ? '/whole' : '/pieces';
  const request = { method: 'GET', target, headers: [], signal: new AbortController().signal };
  const chunks = [];
  try {
    for await (const chunk of (await pool.request(endpoint, request)).body) {
      if (chunks.push(chunk) % 5 === 2) process.nextTick(() => { throw new Error('a bug elsewhere'); });
    }
  } catch {}
  if (Buffer.concat(chunks).equals(expected)) right++;
  else wrong++;
}
console.log(JSON.stringify({ right, wrong, thrown: thrown > 0 }));
await pool[Symbol.asyncDispose]();
server.closeAllConnections();
server.close();
`;

for (const way of ['tcp', 'tls', 'unix']) {
  test(`what is read is what was sent, whatever the program throws meanwhile: ${way}`, async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'socket-reads-'));
    const args = ['--input-type=module', '-e', program, way, join(directory.path, 'socket')];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    assert.deepEqual(JSON.parse(stdout), { right: 10, wrong: 0, thrown: true });
  });
}
