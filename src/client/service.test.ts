import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openClusterClient } from './cluster-client-http.ts';
import { scriptedServer } from './scripted-server.ts';
import { openService } from './service.ts';

const root = '/api/v1/namespaces/shop/services/web:http/proxy';

test('a path goes out as a browser would write it, without its fragment; what is encoded and dots stay', async () => {
  await using server = await scriptedServer((_request, response) => response.end());
  await using client = openClusterClient(server.config);
  const web = openService(client, 'shop', 'web:http');
  const sent = {
    '/a b/é?d=é&e="<>#top': '/a%20b/%C3%A9?d=%C3%A9&e=%22%3C%3E',
    '/{x}|`^?{x}|`^': '/%7Bx%7D|%60%5E?{x}|`^',
    '/a%2Fb/%zz/../.?/../?': '/a%2Fb/%zz/../.?/../?',
    '/\ud800\r\n': '/%EF%BF%BD%0D%0A',
    '/#?a': '/',
    '/?a#?b#c': '/?a',
  };
  for (const path of Object.keys(sent)) (await web.fetch(path)).body.resume();
  assert.deepEqual(
    server.requests,
    Object.values(sent).map((path) => `GET ${root}${path}`),
  );
});

test('the usual methods may be in small letters', async () => {
  await using server = await scriptedServer((_request, response) => response.end());
  await using client = openClusterClient(server.config);
  const web = openService(client, 'shop', 'web:http');
  for (const method of ['get', 'post', 'Patch', 'delete', 'OPTIONS']) (await web.fetch('/', { method })).body.resume();
  const methods = server.requests.map((line) => line.split(' ')[0]);
  assert.deepEqual(methods, ['GET', 'POST', 'PATCH', 'DELETE', 'OPTIONS']);
});

test('what cannot be sent is a TypeError that says why, and nothing is sent', async () => {
  await using server = await scriptedServer((_request, response) => response.end());
  await using client = openClusterClient(server.config);
  const web = openService(client, 'shop', 'web:http');
  const rejects = (asked: Promise<unknown>, message: RegExp) => assert.rejects(asked, { name: 'TypeError', message });
  await rejects(web.fetch('x'), /^a path begins with "\/", unlike "x"$/);
  await rejects(web.fetch('/', { headers: { 'X-A': 'b\r\nEvil: 1' } }), /^header X-A holds a character/);
  await rejects(web.fetch('/', { headers: { 'X A': 'b' } }), /^not a header name: "X A"$/);
  await rejects(web.fetch('/', { method: 'NO GOOD' }), /^not a method: "NO GOOD"$/);
  await rejects(client.request({ method: 'GET', path: '/a b' }), /^not a path: "\/a b"$/);
  assert.deepEqual(server.requests, []);
});
