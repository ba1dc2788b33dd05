/** Ports of pods on the embedded cluster, by port-forward in every protocol and by the proxy verb. */
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openUpstreamPool } from '../src/net/http1/pool.ts';
import { SpdyConnection } from '../src/net/spdy/connection.ts';
import { spdyUpgradeHeaders } from '../src/net/spdy/handshake.ts';
import { WebSocketByteStream } from '../src/net/websocket/byte-stream.ts';
import { v4Channels } from '../src/net/websocket/channels.ts';
import { openPortForward } from '../src/net/websocket/port-forward.ts';
import { cluster, create, isReady, namespace, pods, stopped, until } from './pod-fixture.ts';

test('a port of a pod is reached by port-forward and by the proxy verb', async () => {
  // Without a probe: the image itself counts as started when it listens.
  await create('echo', { containers: [{ name: 'c', image: 'fairlead.local/echo' }] });
  await until('echo', isReady);
  const proxy = `/api/v1/namespaces/${namespace}/pods/echo:8080/proxy/a?b=c`;
  const answer = await cluster.client.request({ method: 'GET', path: proxy });
  const { pod, path } = JSON.parse(await text(answer.body)) as { pod: string; path: string };
  assert.deepEqual([pod, path], ['echo', '/a?b=c']);
  const target = `/api/v1/namespaces/${namespace}/pods/echo/portforward?ports=8080`;
  const { stream, subprotocol } = await cluster.client.openWebSocket({ path: target, subprotocols: [v4Channels] });
  const connection = openPortForward(stream, { port: 8080, subprotocol });
  connection.end('plain TCP\n');
  assert.equal(await text(connection), 'plain TCP\n');
});

/** What a client of the server over raw SPDY gets: the connection, or the Status that refuses it. */
async function openSpdy(path: string, protocol: string): Promise<SpdyConnection> {
  const { hostname, port } = new URL(cluster.apiUrl);
  const { caPem: ca, certPem: cert, keyPem: key } = cluster.admin;
  await using pool = openUpstreamPool();
  const answer = await pool.upgrade(
    { host: hostname, port: Number(port), tls: { ca, cert, key } },
    { method: 'POST', target: path, headers: spdyUpgradeHeaders([protocol]), signal: stopped.signal },
  );
  if (!answer.upgraded) throw new Error(`${answer.status} ${await text(answer.body)}`);
  return new SpdyConnection(answer.stream, { role: 'client' });
}

test('many connections go through one port-forward over SPDY, raw and in a WebSocket', async () => {
  await create('many', {
    containers: [{ name: 'c', image: 'fairlead.local/echo', readinessProbe: { httpGet: { port: 8080 } } }],
  });
  await until('many', isReady);
  const path = `/api/v1/namespaces/${namespace}/pods/many/portforward`;
  const subprotocols = ['SPDY/3.1+portforward.k8s.io'];
  const { stream: socket } = await cluster.client.openWebSocket({ path, subprotocols });
  for (const connection of [
    new SpdyConnection(new WebSocketByteStream(socket, { role: 'client' }), { role: 'client' }),
    await openSpdy(path, 'portforward.k8s.io'),
  ]) {
    await Promise.all(
      Array.from({ length: 20 }, async (_, i) => {
        const open = (streamtype: string) =>
          connection.openStream(new Map(Object.entries({ streamtype, port: '8080', requestid: String(i) })));
        const [error, data] = [open('error'), open('data')];
        error.end();
        data.end(`connection ${i}`);
        assert.deepEqual([await text(data), await text(error)], [`connection ${i}`, '']);
      }),
    );
    connection.close();
    assert.equal((await connection.closed).isClean, true);
  }
  await assert.rejects(openSpdy(path, 'other.k8s.io'), /^Error: 400 .*portforward\.k8s\.io is served/);
  await assert.rejects(openSpdy(`${path.replace('many', 'nobody')}`, 'portforward.k8s.io'), /^Error: 404/);
  await pods().delete('many', { namespace });
});
