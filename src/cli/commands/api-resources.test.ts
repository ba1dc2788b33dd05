import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { runCli } from '../main.ts';
import { commandTable } from './table.ts';

const toys = {
  resource: 'toys',
  singularResource: 'toy',
  responseKind: { kind: 'Toy' },
  scope: 'Namespaced',
  verbs: ['delete', 'get', 'create'],
  categories: ['playthings', 'all'],
};
const items = [
  {
    metadata: { name: 'shop' },
    versions: [
      { version: 'v2', resources: [toys] },
      { version: 'v1', resources: [toys] },
    ],
  },
];
const server = createServer((request, response) => {
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ kind: 'APIGroupDiscoveryList', items: request.url === '/apis' ? items : [] }));
});
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => {
  server.close();
  server.closeAllConnections();
});

async function printed(...argv: string[]): Promise<string> {
  const { port } = server.address() as AddressInfo;
  let out = '';
  const stdout = new Writable({
    write(chunk, _, done) {
      out += String(chunk);
      done();
    },
  });
  const io = { stdin: process.stdin, stdout, stderr: process.stderr, env: {}, cwd: '/', ownsProcess: true as const };
  const words = ['api-resources', '--server', `http://127.0.0.1:${port}`, ...argv];
  assert.equal(await runCli(words, { commands: commandTable, io, signal: new AbortController().signal }), 0);
  return out.replace(/ +/g, ' ');
}

test('a resource is listed in its preferred version, verbs and categories in the order of the server', async () => {
  assert.equal(await printed('-o', 'wide', '--no-headers'), 'toys shop/v2 true Toy delete,get,create playthings,all\n');
});
