import assert from 'node:assert/strict';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { connect } from 'node:tls';
import { openControlPlane } from './testing-control-plane.ts';

const maps = '/api/v1/namespaces/default/configmaps';
const chunked = 'Transfer-Encoding: chunked\r\n';

test('requests that could be read in two ways are refused, and what follows them is not read', async () => {
  await using plane = await openControlPlane();
  const post = (lines: string, body: string): string =>
    `POST ${maps} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer admin\r\n${lines}\r\n${body}`;
  const plain = (lines: string): string => `GET /healthz HTTP/1.1\r\n${lines}\r\n`;
  const cases: Record<string, string> = {
    'length and chunked': post(`Content-Length: 5\r\n${chunked}`, '0\r\n\r\n'),
    'chunked and length': post(`${chunked}Content-Length: 5\r\n`, '0\r\n\r\n'),
    'two lengths': post('Content-Length: 0\r\nContent-Length: 44\r\n', ''),
    'a list of lengths': post('Content-Length: 2, 2\r\n', '{}'),
    'a signed length': post('Content-Length: +2\r\n', '{}'),
    'another coding': post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n'),
    'chunked, then something else': post('Transfer-Encoding: chunked, identity\r\n', '0\r\n\r\n'),
    'a space before the colon': post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n'),
    'a bare line feed in a chunk': post(chunked, '2\n{}\r\n0\r\n\r\n'),
    'a chunk size that is none': post(chunked, '0x2\r\n{}\r\n0\r\n\r\n'),
    'a chunk longer than its size': post(chunked, '1\r\n{}\r\n0\r\n\r\n'),
    'bare line feeds': plain('Host: x\nX: y\r\n'),
    'a bare CR': plain('Host: x\r\nX: a\rY: b\r\n'),
    'a folded line': plain('Host: x\r\nX: a\r\n b\r\n'),
    'a NUL': plain('Host: x\r\nX: a\0b\r\n'),
    'no Host': plain(''),
  };
  for (const [name, request] of Object.entries(cases)) {
    const socket = connect({ port: plane.port, host: '127.0.0.1', ca: plane.pki.ca, servername: 'localhost' });
    await once(socket, 'secureConnect');
    socket.write(`${request}GET /version HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`, 'latin1');
    const answer = await text(socket);
    assert.match(answer, /^HTTP\/1\.1 400 /, name);
    assert.doesNotMatch(answer, /gitVersion/, name);
  }
});
