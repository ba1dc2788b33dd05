import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { testCertificate } from '../../../test/certificate.ts';
import { runCli } from '../main.ts';
import { commandTable } from './table.ts';

const discovery = {
  '/api': [
    group('', 'v1', [
      type('pods', 'Pod', { shortNames: ['po'], categories: ['all'] }),
      type('services', 'Service', { shortNames: ['svc'], categories: ['all'] }),
      type('nodes', 'Node', { scope: 'Cluster', shortNames: ['no'] }),
    ]),
  ],
  '/apis': [group('apps', 'v1', [type('deployments', 'Deployment', { shortNames: ['deploy'] })])],
};

function group(name: string, version: string, resources: object[]) {
  return { metadata: { name }, versions: [{ version, resources }] };
}

function type(resource: string, kind: string, fields: object) {
  return { resource, singularResource: kind.toLowerCase(), responseKind: { kind }, scope: 'Namespaced', ...fields };
}

const pod = (name: string, namespace = 'shop') => ({
  kind: 'Pod',
  apiVersion: 'v1',
  metadata: { name, namespace, labels: { app: 'web' }, managedFields: [{ manager: 'x' }] },
  status: { phase: 'Running' },
});

const columns = [
  { name: 'Name', type: 'string', format: 'name', priority: 0 },
  { name: 'Ready', type: 'string', priority: 0 },
  { name: 'IP', type: 'string', priority: 1 },
];

function table(names: readonly string[], ready = '1/1') {
  const rows = names.map((name) => ({ cells: [name, ready, '10.0.0.1'], object: pod(name) }));
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion: '7' },
    columnDefinitions: columns,
    rows,
  };
}

const status = (code: number, reason: string, message: string) => ({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  code,
  reason,
  message,
});

/** Answers as an API server would, and keeps what it was asked. */
const asked: string[] = [];
const server = createServer((request, response) => {
  const url = request.url ?? '';
  asked.push(url);
  const asTable = request.headers.accept?.includes('as=Table') ?? false;
  const send = (body: object, code = 200) =>
    response.writeHead(code, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
  const path = url.replace(/\?.*/, '');
  if (path === '/api' || path === '/apis') send({ kind: 'APIGroupDiscoveryList', items: discovery[path] });
  else if (request.headers.authorization === 'Bearer bad') send(status(401, 'Unauthorized', 'Unauthorized'), 401);
  else if (url.includes('watch=true')) {
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.write(`${JSON.stringify({ type: 'ADDED', object: table(['a-long-name-of-a-pod']) })}\n`);
    response.write(`${JSON.stringify({ type: 'BOOKMARK', object: { kind: 'Table', metadata: {}, rows: [] } })}\n`);
    const late = { ...table(['web'], '0/1'), columnDefinitions: null };
    response.end(`${JSON.stringify({ type: 'DELETED', object: late })}\n`);
  } else if (path === '/api/v1/namespaces/shop/pods') {
    if (asTable) send(table(['web', 'evil\u001b[31m\nsecond line']));
    else if (url.includes('continue=')) send({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: [pod('b')] });
    else send({ kind: 'PodList', apiVersion: 'v1', metadata: { continue: 'next' }, items: [pod('a')] });
  } else if (path === '/api/v1/namespaces/shop/pods/web') send(asTable ? table(['web']) : pod('web'));
  else if (path === '/api/v1/namespaces/shop/services')
    send(asTable ? table(['front']) : { kind: 'ServiceList', apiVersion: 'v1', items: [], metadata: {} });
  else if (path === '/api/v1/nodes') send(status(403, 'Forbidden', 'nodes is forbidden: no'), 403);
  else if (path === '/api/v1/namespaces/empty/pods') send(table([]));
  else send(status(404, 'NotFound', `pods "${path.split('/').at(-1)}" not found`), 404);
});

let directory = '';
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  directory = await mkdtemp(join(tmpdir(), 'fairlead-get-'));
});
after(async () => {
  server.close();
  server.closeAllConnections();
  await rm(directory, { recursive: true });
});

async function fairlead(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  const { port } = server.address() as AddressInfo;
  const file = join(directory, 'config');
  const context = { name: 'test', context: { cluster: 'test', user: 'test', namespace: 'shop' } };
  await writeFile(
    file,
    JSON.stringify({
      'current-context': 'test',
      contexts: [context],
      clusters: [{ name: 'test', cluster: { server: `http://127.0.0.1:${port}` } }],
      users: [{ name: 'test', user: {} }],
    }),
  );
  let [out, err] = ['', ''];
  const collect = (add: (text: string) => void) =>
    new Writable({
      write(chunk, _, done) {
        add(String(chunk));
        done();
      },
    });
  asked.length = 0;
  const io = {
    stdin: process.stdin,
    stdout: collect((text) => {
      out += text;
    }),
    stderr: collect((text) => {
      err += text;
    }),
    env: { KUBECONFIG: file },
    cwd: directory,
    ownsProcess: true as const,
  };
  const code = await runCli(argv, { commands: commandTable, io, signal: new AbortController().signal });
  return { code, out, err };
}

test('a field to sort by that nobody has shows and fails as with kubectl, which looks for none in a single row', async () => {
  const nobody = `couldn't find any field with path "{.nope}" in the list of objects`;
  const by = ['--sort-by', '.nope'];
  const hidden = await fairlead('get', 'pods', ...by);
  assert.deepEqual(hidden, { code: 0, out: '', err: `warning: ${nobody}: nothing is shown\n` });
  for (const line of [['svc'], ['pods', 'web']]) {
    const one = await fairlead('get', ...line, ...by);
    assert.deepEqual([one.code, one.err, one.out.split('\n').length], [0, '', 3], line.join(' '));
  }
  const none = await fairlead('get', 'pods', '-n', 'empty', ...by);
  assert.deepEqual([none.code, none.out, none.err], [0, '', 'No resources found in empty namespace.\n']);
  for (const line of [
    ['pods', '-o', 'name'],
    ['pods', 'web', 'web'],
  ]) {
    const failed = await fairlead('get', ...line, ...by);
    assert.deepEqual([failed.code, failed.err.split('\n')[0]], [1, `error: ${nobody}`], line.join(' '));
  }
});

test('a table has kubectl`s layout, and no control character reaches the terminal', async () => {
  const { code, out } = await fairlead('get', 'po');
  assert.equal(code, 0);
  assert.equal(out, 'NAME              READY\nweb               1/1\nevil\\x1b[31m...   1/1\n');
  const wide = await fairlead('get', 'pods', 'web', '-o', 'wide', '--show-labels');
  assert.equal(wide.out, 'NAME   READY   IP         LABELS\nweb    1/1     10.0.0.1   app=web\n');
  assert.equal((await fairlead('get', 'pod/web', '--no-headers')).out, 'web   1/1\n');
});

test('several types are told apart, and what is refused does not hide the rest', async () => {
  const { code, out, err } = await fairlead('get', 'pods/web', 'svc/front', 'pods/gone', 'deploy/gone');
  assert.equal(code, 1);
  assert.equal(out, 'NAME   READY\nweb    1/1\n');
  assert.match(err, /^Error from server \(NotFound\): pods "front" not found\nError from server/);
  const both = await fairlead('get', 'pod,svc,no');
  assert.match(both.out, /pod\/web +1\/1\n.*\n\nNAME +READY\nservice\/front/);
  assert.equal(both.err, 'Error from server (Forbidden): nodes is forbidden: no\n');
});

test('objects come whole, in one list, page by page, without managedFields', async () => {
  const list = JSON.parse((await fairlead('get', 'pods', '-o', 'json', '-l', 'app in (web)')).out);
  assert.equal(list.kind, 'List');
  assert.deepEqual(
    list.items.map((item: { metadata: object }) => item.metadata),
    [
      { labels: { app: 'web' }, name: 'a', namespace: 'shop' },
      { labels: { app: 'web' }, name: 'b', namespace: 'shop' },
    ],
  );
  assert.ok(asked.includes('/api/v1/namespaces/shop/pods?labelSelector=app%20in%20(web)&limit=500&continue=next'));
  const one = await fairlead('get', 'pod', 'web', '-o', 'yaml');
  assert.match(one.out, /^apiVersion: v1\nkind: Pod\nmetadata:\n {2}labels:\n {4}app: web\n {2}name: web/);
  assert.equal((await fairlead('get', 'pods', '-o', 'name')).out, 'pod/a\npod/b\n');
});

test('a watch prints what is there and every change in the same columns', async () => {
  const { code, out } = await fairlead('get', 'svc', '-w');
  assert.equal(code, 0);
  assert.equal(out, 'NAME    READY\nfront   1/1\na-long-name-of-a-pod   1/1\nweb                    0/1\n');
  assert.ok(asked.some((url) => url.includes('resourceVersion=7&watch=true')));
});

test('an event of a watch is one line of JSON, its type first', async () => {
  const { code, out } = await fairlead('get', 'svc', '-w', '--output-watch-events', '-o', 'json');
  assert.equal(code, 0);
  const lines = out.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => line.slice(0, 46)),
    ['{"type":"ADDED","object":{"apiVersion":"meta.k', '{"type":"DELETED","object":{"apiVersion":"meta'],
  );
});

test('nothing found, unknown types and wrong use are said in kubectl`s words and codes', async () => {
  assert.deepEqual(await fairlead('get', 'pods', '-n', 'empty'), {
    code: 0,
    out: '',
    err: 'No resources found in empty namespace.\n',
  });
  const unknown = await fairlead('get', 'foo');
  assert.deepEqual([unknown.code, unknown.err], [1, `error: the server doesn't have a resource type "foo"\n`]);
  assert.equal((await fairlead('get', 'pod', 'gone', '--ignore-not-found')).code, 0);
  assert.match((await fairlead('get', 'pod', '--token', 'bad')).err, /^error: .*401/);
  const template = await fairlead('get', 'pods', '-n', 'x', '--token', 'abc', '-o', 'go-template={{.items}}');
  assert.equal(template.code, 2);
  assert.match(
    template.err,
    /go-template is not supported here; kubectl has it:\n {2}kubectl get pods -n x --token REDACTED -o 'go-template=\{\{\.items\}\}'\n$/,
  );
  for (const [path, reason] of [
    ['{.items[', 'unterminated array'],
    ['{.items', 'unclosed action'],
    ['{end}', 'not in range, nothing to end'],
    ['{.items[?(@.a=="x]}', 'unterminated filter'],
    ['{nonsense}', 'unrecognized identifier nonsense'],
  ]) {
    const bad = await fairlead('get', 'pods', '-o', `jsonpath=${path}`);
    assert.deepEqual([bad.code, bad.err], [1, `error: error parsing jsonpath ${path}, ${reason}\n`]);
  }
  const outside = await fairlead('get', 'pods', '-o', 'jsonpath={.items[99].metadata.name}');
  assert.equal(outside.code, 1);
  assert.match(outside.err, /^error: error executing jsonpath .*array index out of bounds: index 99, length \d+\n$/);
  for (const line of [['get'], ['get', 'pods', '--nope'], ['get', 'pods', '-o', 'xml'], ['get', 'pods,svc', '-w']]) {
    assert.equal((await fairlead(...line)).code, 2, line.join(' '));
  }
  for (const line of [
    ['get', 'pod', 'web', '-A'],
    ['get', 'pod', 'web', '-l', 'a=b'],
    ['get', 'pod/web', 'svc'],
  ]) {
    assert.equal((await fairlead(...line)).code, 1, line.join(' '));
  }
});

test('config view shows everything but secrets, and --minify what one context uses', async () => {
  const file = join(directory, 'secrets');
  await writeFile(
    file,
    `current-context: a
clusters:
- {name: a, cluster: {server: "https://me:pw-1@a.example", certificate-authority-data: c2VjcmV0}}
- {name: b, cluster: {server: "https://b.example"}}
users:
- {name: a, user: {token: tok-2, password: pw-3, client-key-data: a2V5, exec: {command: x, env: [{name: MY_TOKEN, value: env-4}]}}}
- {name: b, user: {auth-provider: {name: oidc, config: {id-token: id-5, idp-issuer-url: "https://idp"}}}}
contexts:
- {name: a, context: {cluster: a, user: a}}
- {name: b, context: {cluster: b, user: b}}
`,
  );
  const { out } = await fairlead('config', 'view', '--kubeconfig', file);
  for (const secret of ['pw-1', 'tok-2', 'pw-3', 'a2V5', 'env-4', 'id-5', 'c2VjcmV0'])
    assert.ok(!out.includes(secret), secret);
  assert.match(out, /server: https:\/\/me:REDACTED@a\.example/);
  assert.match(out, /idp-issuer-url: https:\/\/idp/);
  assert.match(out, /client-key-data: DATA\+OMITTED/);
  const minified = JSON.parse(
    (await fairlead('config', 'view', '--kubeconfig', file, '--minify', '--raw', '--context', 'b', '-o', 'json')).out,
  );
  assert.equal(minified['current-context'], 'b');
  assert.deepEqual([minified.clusters.length, minified.users.length, minified.contexts.length], [1, 1, 1]);
  assert.equal(minified.users[0].user['auth-provider'].config['id-token'], 'id-5');
});

test('a client certificate that cannot be used is told where the server refuses or cannot be talked to', async (t) => {
  const refusing = createServer((_, response) => response.writeHead(401).end('{}'));
  refusing.listen(0, '127.0.0.1');
  await once(refusing, 'listening');
  t.after(() => refusing.close());
  const { port } = refusing.address() as AddressInfo;
  const [sound, other, expired] = [testCertificate(), testCertificate(), testCertificate([], { until: -1000 })];
  const cases = [
    ['http', expired, expired, /--client-certificate cannot be used: its certificate has expired on /],
    ['https', sound, other, /--client-certificate cannot be used: its certificate and key do not belong together/],
    ['http', sound, sound, /401 Unauthorized/],
  ] as const;
  for (const [scheme, { cert }, { key }, expected] of cases) {
    const [certFile, keyFile] = [join(directory, 'client.crt'), join(directory, 'client.key')];
    await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key)]);
    const flags = [`--client-certificate=${certFile}`, `--client-key=${keyFile}`];
    const { code, err } = await fairlead('get', 'svc', `--server=${scheme}://127.0.0.1:${port}`, ...flags);
    assert.equal(code, 1, err);
    assert.match(err, expected);
    assert.equal(err.trim().split('\n').length, 1, err);
  }
});
