import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage, Server } from 'node:http';
import { createServer, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { testCertificate } from '../../test/certificate.ts';
import { freePort } from '../../test/free-port.ts';
import type { Answer, GatewayFixture } from '../../test/gateway-fixture.ts';
import { openGatewayFixture } from '../../test/gateway-fixture.ts';
import { RawClient } from '../../test/raw-sockets.ts';

interface App extends AsyncDisposable {
  port: number;
}

/** An application that tells what it got, sets cookies, redirects, and echoes WebSockets. */
async function openApp(name: string, tls = false): Promise<App> {
  const onRequest = (request: IncomingMessage, response: import('node:http').ServerResponse): void => {
    response.setHeader('Set-Cookie', [
      'a=1; Domain=shop.localhost; Path=/',
      'b=2; path=/; domain=.localhost; HttpOnly',
      'c=3;\tDomain = shop.localhost',
    ]);
    if (request.url === '/redirect') response.setHeader('Location', `https://${request.headers.host}/login`);
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => response.end(JSON.stringify({ name, url: request.url, headers: request.headers, body })));
  };
  const server: Server = tls ? createTlsServer(testCertificate(['app.internal']), onRequest) : createServer(onRequest);
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    socket.send(JSON.stringify({ name, url: request.url, headers: request.headers }));
    socket.on('message', (data: Buffer, isBinary) => {
      if (String(data) === 'cut') socket.terminate();
      else socket.send(data, { binary: isBinary });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets.clients) socket.terminate();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

const web = 'web.shop.localhost';
const parsed = ({ body }: Answer): { name: string; url: string; headers: Record<string, string>; body: string } =>
  JSON.parse(body);

async function openWeb(app: App): Promise<GatewayFixture> {
  const gateway = await openGatewayFixture();
  gateway.cluster.setService('web', [{ port: 80, targetPort: 8080 }], [{ name: 'web-1', ports: { 8080: app.port } }]);
  return gateway;
}

test('an application has its own host name and gets the request as the browser sent it', async () => {
  await using app = await openApp('web-1');
  await using gateway = await openWeb(app);
  const answer = await gateway.ask('/a//b/../c%2Fd?q=1', {
    host: web,
    method: 'POST',
    body: 'content',
    headers: {
      Authorization: 'Basic own',
      Cookie: 'x=1; fairlead-theme=dark; y=2',
      Origin: 'https://Other.shop.localhost:8443',
      'X-Forwarded-For': '6.6.6.6',
    },
  });
  assert.equal(answer.status, 200);
  const { url, headers, body } = parsed(answer);
  assert.equal(url, '/a//b/../c%2Fd?q=1');
  assert.equal(body, 'content');
  assert.equal(headers.host, `${web}:${gateway.port}`);
  assert.equal(headers.authorization, 'Basic own');
  assert.equal(headers.cookie, 'x=1; y=2');
  assert.equal(headers.origin, 'https://Other.shop.localhost:8443');
  assert.equal(headers['x-forwarded-for'], '127.0.0.1');
  assert.deepEqual(answer.headers['set-cookie'], ['a=1; Path=/', 'b=2; path=/; HttpOnly', 'c=3']);
  assert.deepEqual(gateway.cluster.forwards, ['web-1:8080']);
});

test('who comes by a unix socket has no address to be told', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-'));
  try {
    await using app = await openApp('web-1');
    const socketPath = join(directory, 'sock');
    await using gateway = await openGatewayFixture({ unixSocket: socketPath });
    gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-1', ports: { 80: app.port } }]);
    const asked = request({
      socketPath,
      path: '/',
      agent: false,
      headers: { Host: web, 'X-Forwarded-For': '6.6.6.6' },
    });
    asked.end();
    const [response]: IncomingMessage[] = await once(asked, 'response');
    assert.ok(response !== undefined);
    const { headers }: { headers: Record<string, string> } = JSON.parse(await text(response));
    assert.deepEqual([headers['x-forwarded-for'], headers['x-forwarded-proto']], [undefined, 'http']);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test('our credentials never reach an application, and its API paths are its own', async () => {
  await using app = await openApp('web-1');
  await using gateway = await openWeb(app);
  const own = parsed(await gateway.ask('/api/v1/namespaces/default/secrets', { host: web }));
  assert.equal(own.url, '/api/v1/namespaces/default/secrets');
  assert.equal(own.headers.authorization, undefined);
  for (const [path, expected] of [
    ['/api/v1/namespaces/shop/services/web/proxy/x?y', '/x?y'],
    ['/api/v1/namespaces/shop/services/web/proxy', '/'],
    ['/api/v1/namespaces/shop/services/http:web:80/proxy/', '/'],
    ['/api/v1/namespaces/shop/services/web%3A80/proxy/z', '/z'],
    ['/api/v1/namespaces/other/services/web/proxy/', '/api/v1/namespaces/other/services/web/proxy/'],
    ['/api/v1/namespaces/shop/services/db/proxy/', '/api/v1/namespaces/shop/services/db/proxy/'],
  ] as const) {
    assert.equal(parsed(await gateway.ask(path, { host: web })).url, expected);
  }
});

test('streams to a pod are kept for further requests', async () => {
  await using app = await openApp('web-1');
  await using gateway = await openWeb(app);
  for (let i = 0; i < 5; i++) assert.equal((await gateway.ask('/', { host: web })).status, 200);
  assert.deepEqual(gateway.cluster.forwards, ['web-1:8080']);
});

test('WebSockets work, with the subprotocol and messages of both kinds; what is cut looks cut', async () => {
  await using app = await openApp('web-1');
  await using gateway = await openWeb(app);
  const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/live?x`, ['chat'], {
    headers: { Host: `${web}:${gateway.port}`, Origin: `http://${web}:${gateway.port}` },
  });
  const messages: string[] = [];
  socket.on('message', (data: Buffer) => messages.push(String(data)));
  await once(socket, 'open');
  assert.equal(socket.protocol, 'chat');
  socket.send('hello');
  socket.send(Buffer.alloc(100_000, 'x'));
  while (messages.length < 3) await once(socket, 'message');
  assert.equal(JSON.parse(messages[0] ?? '').url, '/live?x');
  assert.deepEqual(
    messages.slice(1).map((message) => message.length),
    [5, 100_000],
  );
  socket.send('cut');
  const [code] = await once(socket, 'close');
  assert.equal(code, 1006);
});

test('requests spread over ready pods and follow their coming and going', async () => {
  await using one = await openApp('web-1');
  await using two = await openApp('web-2');
  await using gateway = await openWeb(one);
  const names = async (): Promise<string[]> => {
    const answers = await Promise.all(Array.from({ length: 6 }, () => gateway.ask('/', { host: web })));
    return [...new Set(answers.map((answer) => parsed(answer).name))].sort();
  };
  const ports = [{ port: 80, targetPort: 8080 }];
  const pods = (ready1: boolean, ready2: boolean) => [
    { name: 'web-1', ports: { 8080: one.port }, ready: ready1 },
    { name: 'web-2', ports: { 8080: two.port }, ready: ready2 },
  ];
  const until = async (expected: string[]): Promise<void> => {
    for (;;) if (JSON.stringify(await names()) === JSON.stringify(expected)) return;
  };
  assert.deepEqual(await names(), ['web-1']);
  gateway.cluster.setService('web', ports, pods(true, true));
  await until(['web-1', 'web-2']);
  gateway.cluster.setService('web', ports, pods(false, true));
  await until(['web-2']);
  gateway.cluster.removeService('web');
  while ((await gateway.ask('/', { host: web })).status !== 404);
});

test('a pod that cannot be reached is passed over', async () => {
  await using app = await openApp('web-2');
  await using gateway = await openGatewayFixture();
  const pods = [
    { name: 'web-1', ports: {} },
    { name: 'web-2', ports: { 80: app.port } },
  ];
  gateway.cluster.setService('web', [{ port: 80 }], pods);
  for (let i = 0; i < 4; i++) assert.equal((await gateway.ask('/', { host: web })).status, 200);
  gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-1', ports: {} }]);
  for (;;) {
    const { status, body } = await gateway.ask('/', { host: web });
    if (status === 200) continue;
    assert.equal(status, 502);
    assert.match(
      body,
      /Pod \\"web-1\\" in namespace \\"shop\\" does not answer on port 80: .*nothing listens there.*kubectl logs/,
    );
    break;
  }
});

test('what a pod refused to take goes to another one: a form, a WebSocket, and nothing that is too long to be kept', async () => {
  await using app = await openApp('web-2');
  await using gateway = await openGatewayFixture();
  gateway.cluster.setService(
    'web',
    [{ port: 80 }],
    [
      // Still in the endpoints, and its program has ended.
      { name: 'web-1', ports: { 80: await freePort() } },
      { name: 'web-2', ports: { 80: app.port } },
    ],
  );
  const triedAtFirst = () => gateway.cluster.forwards.filter((to) => to === 'web-1:80').length;
  const send = (body: string) => gateway.ask('/', { host: web, method: 'POST', body });
  while (triedAtFirst() < 3) {
    const answer = await send('user=ann');
    assert.equal(answer.status, 200, answer.body);
    assert.equal(parsed(answer).body, 'user=ann');
  }
  while (triedAtFirst() < 6) {
    const host = `${web}:${gateway.port}`;
    const socket = new WebSocket(`ws://127.0.0.1:${gateway.port}/`, {
      headers: { Host: host, Origin: `http://${host}` },
    });
    await once(socket, 'message');
    socket.close();
    await once(socket, 'close');
  }
  const long = 'x'.repeat(20_000);
  for (;;) {
    const answer = await send(long);
    if (answer.status === 200) assert.equal(parsed(answer).body, long);
    else {
      assert.equal(answer.status, 502);
      break;
    }
  }
});

test('an application behind TLS is reached, and its redirects to itself stay on this port', async () => {
  await using app = await openApp('web-1', true);
  await using gateway = await openGatewayFixture();
  const pods = [{ name: 'web-1', ports: { 8443: app.port } }];
  for (const port of [
    { port: 443, targetPort: 8443 },
    { port: 9000, name: 'https', targetPort: 8443 },
    { port: 9000, appProtocol: 'https', targetPort: 8443 },
  ]) {
    gateway.cluster.setService('web', [port], pods);
    const answer = await gateway.ask('/redirect', { host: web });
    assert.equal(answer.status, 200, answer.body);
    assert.equal(answer.headers.location, `http://${web}:${gateway.port}/login`);
  }
});

test('full host names choose the port, the pod and the context', async () => {
  await using http = await openApp('http');
  await using admin = await openApp('admin');
  await using gateway = await openGatewayFixture({ context: 'Dev Cluster' });
  const ports = [
    { name: 'web', port: 8000, targetPort: 1 },
    { name: 'admin', port: 9000, targetPort: 2 },
  ];
  gateway.cluster.setService('web', ports, [{ name: 'web.1', ports: { 1: http.port, 2: admin.port } }]);
  const name = async (host: string): Promise<string | number> => {
    const answer = await gateway.ask('/', { host });
    return answer.status === 200 ? parsed(answer).name : answer.status;
  };
  assert.equal(await name('admin.web.shop.svc.localhost'), 'admin');
  assert.equal(await name('8000.web.shop.svc.dev-cluster.localhost'), 'http');
  assert.equal(await name('Admin.WEB.shop.svc.localhost'), 'admin');
  assert.equal(await name('web.1.shop.pod.localhost'), 'http');
  assert.equal(await name('web.1.shop.pod.dev-cluster.localhost'), 'http');
  assert.equal(await name('nope.web.shop.svc.localhost'), 404);
  assert.equal(await name('web.web.shop.svc.other.localhost'), 404);
  assert.equal(await name('web-2.shop.pod.localhost'), 404);
  const choice = await gateway.ask('/', { host: web, headers: { Accept: 'text/html' } });
  assert.equal(choice.status, 300);
  assert.match(choice.body, new RegExp(`href="http://admin\\.web\\.shop\\.svc\\.localhost:${gateway.port}/"`));
});

test('what cannot be shown says what is wrong and what to do', async () => {
  await using gateway = await openGatewayFixture();
  const { cluster } = gateway;
  cluster.setService('starting', [{ port: 80 }], [{ name: 'slow', ports: {}, ready: false }]);
  cluster.setService('empty', [{ port: 80 }], [], { selector: { app: 'web' } });
  cluster.setService('udp', [{ port: 53, protocol: 'UDP' }], []);
  cluster.setService('outside', [{ port: 80 }], [], { type: 'ExternalName', externalName: 'example.com' });
  cluster.setService('bare', [], [], { type: 'ExternalName', externalName: 'example.com' });
  for (const [host, status, says] of [
    ['nope.shop', 404, /No service "nope" in namespace "shop".*kubectl get services -n shop/s],
    ['web.elsewhere', 404, /No service "web" in namespace "elsewhere"/],
    ['starting.shop', 503, /no ready pod.*Not ready: slow.*kubectl describe pod/s],
    ['empty.shop', 503, /No pod that has an address matches its selector app=web/],
    ['udp.shop', 404, /no TCP port "53".*Its port 53 is UDP, and only TCP can be led on/],
    ['outside.shop', 503, /alias for example\.com/],
    ['bare.shop', 503, /alias for example\.com, outside of the cluster: open that host itself/],
    ['9.bare.shop.svc', 503, /alias for example\.com/],
  ] as const) {
    const answer = await gateway.ask('/', { host: `${host}.localhost` });
    assert.equal(answer.status, status, host);
    const body: { kind: string; code: number; message: string } = JSON.parse(answer.body);
    assert.equal(body.kind, 'Status');
    assert.equal(body.code, status);
    assert.match(body.message, says);
    const page = await gateway.ask('/', { host: `${host}.localhost`, headers: { Accept: 'text/html,*/*' } });
    assert.equal(page.status, status);
    assert.match(page.body, /^<!doctype html>/);
  }
});

test('missing rights are named', async () => {
  await using app = await openApp('web-1');
  await using gateway = await openWeb(app);
  gateway.cluster.forbidden.add('services').add('pods');
  assert.match(
    (await gateway.ask('/', { host: web })).body,
    /You may not see this: neither services nor pods of the namespace \\"shop\\" may be read/,
  );
});

test('a client that ends its half still gets its answer', async () => {
  await using app = await openApp('web-1');
  await using gateway = await openWeb(app);
  using client = await RawClient.open(gateway.port);
  client.socket.end(`GET /half HTTP/1.1\r\nHost: ${web}:${gateway.port}\r\n\r\n`);
  assert.equal(await client.end(), 'end');
  assert.match(client.received, /"url":"\/half"/);
});

test('an application that answers only what it takes for https is asked once more, as if', async () => {
  const server = createServer((request, response) => {
    const secure = request.headers['x-forwarded-proto'] === 'https';
    const leadsNowhere = request.url === '/never';
    if (secure && !leadsNowhere) response.end('secure');
    else response.writeHead(301, { Location: `https://${request.headers.host}${request.url}` }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  await using gateway = await openGatewayFixture();
  const { port } = server.address() as AddressInfo;
  gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-1', ports: { 80: port } }]);
  const first = await gateway.ask('/a?b', { host: web });
  assert.equal(first.headers.location, `http://${web}:${gateway.port}/a?b`);
  assert.equal((await gateway.ask('/a?b', { host: web })).body, 'secure');
  const never = await gateway.ask('/never', { host: web });
  assert.equal(never.headers.location, `https://${web}:${gateway.port}/never`, 'not asked for ever');
  server.closeAllConnections();
  server.close();
});

test('which applications speak TLS may be chosen', async () => {
  await using app = await openApp('web-1', true);
  const chosen = { kind: 'service', namespace: 'shop', name: 'web', port: 'ui', alias: undefined } as const;
  await using gateway = await openGatewayFixture({ https: [chosen] });
  const ports = [
    { name: 'ui', port: 9000, targetPort: 8443 },
    { name: 'http', port: 80, targetPort: 8443 },
  ];
  gateway.cluster.setService('web', ports, [{ name: 'web-1', ports: { 8443: app.port } }]);
  assert.equal((await gateway.ask('/', { host: 'ui.web.shop.svc.localhost' })).status, 200);
  assert.equal((await gateway.ask('/', { host: '9000.web.shop.svc.localhost' })).status, 200);
  assert.notEqual((await gateway.ask('/', { host: web })).status, 200);
});

test('a pod is not blamed for an API server that is gone', async () => {
  await using gateway = await openGatewayFixture();
  gateway.cluster.setService('web', [{ port: 80 }], [{ name: 'web-1', ports: {} }]);
  assert.notEqual((await gateway.ask('/', { host: 'none.shop.localhost' })).status, 502);
  await gateway.cluster[Symbol.asyncDispose]();
  const answer = await gateway.ask('/', { host: 'web.shop.localhost' });
  assert.equal(answer.status, 502);
  const { message } = JSON.parse(answer.body);
  assert.match(message, /^The cluster does not answer: .*nothing listens there/);
  assert.doesNotMatch(message, /[.?!]\./);
});
