/** Every flag of `kubectl proxy`: ours answers as the real one does, request by request. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Home } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import type { Ask, StartedProxy, TwoProxies } from './two-proxies.ts';
import { ask, openTwoProxies, outcome, runProxy, startFairlead } from './two-proxies.ts';

const skip = existsSync(peerPath('kubectl')) ? false : 'kubectl is not built: run npm run test:interop';
const exec = '/api/v1/namespaces/n/pods/p/exec';

/** Flags, and requests: a path, `METHOD path`, or `path host`. */
const cases: [flags: string[], ...asks: string[]][] = [
  [
    ['--api-prefix=/custom'],
    '/',
    '/custom',
    '/custom?x',
    '/custom/',
    '/custom/api/v1/pods?x=1',
    '/api',
    '/customapi',
    `/custom${exec}`,
    '/custom/api evil.example',
  ],
  [['--api-prefix=/custom/'], '/custom', '/custom/', 'POST /custom/api'],
  [['--api-prefix=/api/'], '/', '/api', '/api/', '/api/v1', '/apis', '/version', exec],
  [['--api-prefix=/api'], '/apis', '/api/v1'],
  [['--api-prefix=/k8s-api'], '/k8s-api/v1/pods', '/k8s-api', '/api'],
  [['--accept-paths=^/api$,^/api/v1/.*'], '/', '/api', '/apis', '/version', exec, '/api/v1/a%20b'],
  [['--accept-paths='], '/api', '/'],
  [['--accept-paths=^/$'], '/', '/api'],
  [
    ['--reject-paths=(?i)/SECRETS$,^/apis/(?P<group>a|b)/'],
    '/api/v1/secrets',
    '/api/v1/secrets/x',
    '/apis/a/v1',
    '/apis/c/v1',
    exec,
  ],
  [['--reject-paths='], exec, `${exec.replace('exec', 'attach')}`, '/api'],
  [['--reject-paths=^/api/.*/pods/.*/attach'], exec, exec.replace('exec', 'attach')],
  [['--reject-methods=POST,PUT,^PATCH$'], '/api', 'POST /api', 'PUT /api', 'PATCH /api', 'DELETE /api'],
  [
    ['--accept-hosts=^foo\\.bar$,^::1$'],
    '/api localhost',
    '/api foo.bar',
    '/api foo.bar:80',
    '/api xfoo.bar',
    '/api [::1]:1',
    '/api [::1]',
    '/api 127.0.0.1:1',
  ],
  [['--accept-hosts=.*'], '/api evil.example', '/api localhost.', '/api [::2]:1'],
  [['--accept-hosts='], '/api localhost', '/api x'],
  [['--disable-filter'], '/api localhost', '/api evil.example', exec, `POST ${exec}`, '/'],
  [['--disable-filter', '--reject-methods=GET', '--accept-hosts=x'], '/api'],
];

function parse(text: string): Ask {
  const [, method, path = '', host] = /^(?:([A-Z]+) )?(\S+)(?: (\S+))?$/.exec(text) ?? [];
  return { path, ...(method && { method }), ...(host && { headers: { Host: host } }) };
}

for (const [flags, ...asks] of cases) {
  test(`as kubectl proxy ${flags.join(' ')}`, { skip }, async () => {
    await using two = await openTwoProxies(flags);
    for (const each of asks) {
      const expected = await outcome(two.cluster, two.theirs, parse(each));
      assert.deepEqual(await outcome(two.cluster, two.ours, parse(each)), expected, each);
    }
  });
}

test('as kubectl proxy --append-server-path, which ours does unless told otherwise', { skip }, async () => {
  for (const [ours, theirs] of [
    ['--append-server-path', '--append-server-path'],
    ['--append-server-path=false', '--append-server-path=false'],
  ]) {
    await using two = await openTwoProxies([ours ?? ''], { serverPath: '/k8s/c-1' });
    for (const path of ['/', '/api/v1?x=1', '/version'])
      assert.deepEqual(
        await outcome(two.cluster, two.ours, { path }),
        await outcome(two.cluster, two.theirs, { path }),
        `${theirs} ${path}`,
      );
  }
});

test('a server path that is not appended is warned of', { skip }, async () => {
  await using two = await openTwoProxies(['--append-server-path=false'], { serverPath: '/k8s/c-1' });
  for (const proxy of [two.ours, two.theirs]) assert.match(proxy.complaints(), /server path \/k8s\/c-1/);
});

async function makeFiles(two: TwoProxies): Promise<void> {
  const folder = join(two.home.directory, 'www');
  await mkdir(join(folder, 'sub'), { recursive: true });
  await mkdir(join(folder, 'empty'));
  const files: [string, string | Uint8Array][] = [
    ['a.txt', 'hello world'],
    ['sub/index.html', '<p>index'],
    ['app.js', '1'],
    ['style.css', 'p {}'],
    ['data.json', '{}'],
    ['without', 'plain text'],
    ['.hidden', 'h'],
    ['bytes', Uint8Array.of(0, 1, 2, 255)],
    ['ünï cödé.txt', 'u'],
    ['none', ''],
  ];
  for (const [name, content] of files) await writeFile(join(folder, name), content);
  await symlink('a.txt', join(folder, 'link.txt'));
  await symlink('/etc/passwd', join(folder, 'out.txt'));
}

async function fileAnswer(proxy: StartedProxy, question: Ask): Promise<unknown> {
  const { status, headers, body } = await ask(proxy, question);
  const { location, 'content-type': type, 'content-length': length, 'content-range': range } = headers;
  const { 'accept-ranges': ranges, 'last-modified': modified } = headers;
  return { status, location, type, length, range, ranges, modified, body: status === 307 ? '' : body };
}

test('as kubectl proxy --www', { skip }, async () => {
  await using two = await openTwoProxies(['--www=./www', '-P', '/files']);
  await makeFiles(two);
  const later = 'Fri, 01 Jan 2038 00:00:00 GMT';
  const before = 'Fri, 01 Jan 2010 00:00:00 GMT';
  const asks: Ask[] = [
    ...['a.txt', 'sub', 'sub/', 'sub/?x', 'sub/index.html?x=1', 'sub/index.html', 'app.js', 'style.css', 'data.json'],
    ...['without', '.hidden', 'bytes', '%C3%BCn%C3%AF%20c%C3%B6d%C3%A9.txt', 'none', 'link.txt', 'absent', 'a.txt/'],
    ...['', 'empty/', 'sub/absent', 'a.txt/x', '%2e%2e/api'],
  ].map((path) => ({ path: `/files/${path}` }));
  asks.push({ path: '/files/a.txt', method: 'HEAD' }, { path: '/files/sub/', method: 'HEAD' });
  for (const range of ['bytes=2-4', 'bytes=-3', 'bytes=5-', 'bytes=50-60', 'bytes=0-99', 'bytes=-99', 'bytes=0-0'])
    asks.push({ path: '/files/a.txt', headers: { Range: range } });
  for (const headers of [
    { 'If-Modified-Since': later },
    { 'If-Modified-Since': before },
    { 'If-Modified-Since': 'nonsense' },
    { 'If-Unmodified-Since': later },
    { 'If-Unmodified-Since': before },
    { 'If-None-Match': '*' },
    { 'If-None-Match': '"x"', 'If-Modified-Since': later },
    { 'If-Match': '*' },
    { 'If-Match': '"x"' },
    { Range: 'bytes=0-1', 'If-Range': before },
  ])
    asks.push({ path: '/files/a.txt', headers });
  asks.push({ path: '/files/empty/', headers: { 'If-Modified-Since': later } });
  for (const each of asks)
    assert.deepEqual(await fileAnswer(two.ours, each), await fileAnswer(two.theirs, each), JSON.stringify(each));
  const { headers } = await ask(two.theirs, { path: '/files/a.txt' });
  for (const value of [String(headers['last-modified']), before]) {
    const each = { path: '/files/a.txt', headers: { Range: 'bytes=0-1', 'If-Range': value } };
    assert.deepEqual(await fileAnswer(two.ours, each), await fileAnswer(two.theirs, each));
  }
});

test('as kubectl proxy --www with the files at the root', { skip }, async () => {
  await using two = await openTwoProxies(['--www=www', '--www-prefix=/', '--api-prefix=/api']);
  await makeFiles(two);
  for (const path of ['/', '/a.txt', '/sub', '/sub/', '/absent', '/favicon.ico', '/apis']) {
    const each = { path, headers: { Accept: 'text/html' } };
    assert.deepEqual(await fileAnswer(two.ours, each), await fileAnswer(two.theirs, each), path);
  }
  const each = { path: '/api/v1' };
  assert.deepEqual(await outcome(two.cluster, two.ours, each), await outcome(two.cluster, two.theirs, each));
});

test('files that ours does not serve though kubectl does', { skip }, async () => {
  await using two = await openTwoProxies(['--www=www']);
  await makeFiles(two);
  const differ: [Ask, number, number][] = [
    // A link that leads out of the folder.
    [{ path: '/static/out.txt' }, 404, 200],
    [{ path: '/static/a.txt', method: 'POST' }, 405, 200],
    // DNS rebinding would read them.
    [{ path: '/static/a.txt', headers: { Host: 'evil.example' } }, 403, 200],
    [{ path: '/static/a.txt', headers: { Origin: 'https://evil.example' } }, 403, 200],
    // kubectl leads to the path without them.
    [{ path: '/static//a.txt' }, 404, 307],
    [{ path: '/static/../api' }, 404, 307],
    // Which of several ranges are granted is a server's choice.
    [{ path: '/static/a.txt', headers: { Range: 'bytes=0-0,2-3' } }, 200, 206],
  ];
  for (const [each, ours, theirs] of differ) {
    assert.equal((await ask(two.ours, each)).status, ours, JSON.stringify(each));
    assert.equal((await ask(two.theirs, each)).status, theirs, JSON.stringify(each));
  }
});

test('a file larger than any buffer arrives whole', { skip }, async () => {
  await using two = await openTwoProxies(['-w', 'www']);
  await mkdir(join(two.home.directory, 'www'));
  await writeFile(join(two.home.directory, 'www/big.txt'), '0123456789abcdef'.repeat(1 << 20));
  const { body } = await ask(two.ours, { path: '/static/big.txt' });
  assert.equal(body, (await ask(two.theirs, { path: '/static/big.txt' })).body);
});

test('as kubectl proxy --unix-socket: a socket of mode 0600, and the same checks', { skip }, async () => {
  await using home = await Home.make();
  const path = join(home.directory, 'gateway.sock');
  await using two = await openTwoProxies([], { place: ['--unix-socket', path] });
  // The second took the place of the first.
  assert.equal(two.ours.address, path);
  assert.equal(two.theirs.address, path);
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const headers = { Host: 'localhost' };
  assert.deepEqual(await outcome(two.cluster, two.ours, { path: '/api', headers }), {
    status: 200,
    location: undefined,
    reached: [
      {
        line: 'GET /api',
        host: new URL(two.cluster.server).host,
        authorization: undefined,
        accept: undefined,
        type: undefined,
        length: undefined,
        range: undefined,
      },
    ],
  });
  assert.equal((await ask(two.ours, { path: '/api', headers: { Host: 'evil.example' } })).status, 403);
  assert.equal((await ask(two.ours, { path: exec, headers })).status, 403);
});

test('the place is told in the same words', { skip }, async () => {
  for (const [address, told] of [
    ['127.0.0.1', /^127\.0\.0\.1:\d+$/],
    ['127.0.0.2', /^127\.0\.0\.2:\d+$/],
    ['localhost', /^127\.0\.0\.1:\d+$/],
  ] as const) {
    await using two = await openTwoProxies(['--address', address]);
    for (const proxy of [two.theirs, two.ours]) assert.match(proxy.address, told);
  }
});

test('what cannot be is refused by both', { skip }, async () => {
  await using home = await Home.make();
  const server = ['--server', 'http://127.0.0.1:9'];
  for (const [flags, words] of [
    [['--accept-paths=('], /missing closing \)/],
    [['--reject-paths=(?=x)'], /invalid or unsupported Perl syntax/],
    [['--accept-hosts=a**'], /invalid nested repetition operator/],
    [['--reject-methods=\\Z'], /invalid escape sequence/],
    [['--unix-socket=/tmp/x', '--port=1'], /cannot set --unix-socket and --port at the same time/],
    [['--keepalive=soon'], /keepalive/],
    [['--address=192.0.2.1', '--expose-without-password'], /192\.0\.2\.1|expose/],
  ] as const) {
    for (const who of ['kubectl', 'fairlead'] as const) {
      const { code, stderr } = await runProxy(who, [...server, ...flags], home);
      assert.notEqual(code, 0, `${who} ${flags.join(' ')}`);
      assert.match(stderr, words, `${who} ${flags.join(' ')}`);
    }
  }
});

/** The timers of the operating system on connections to this port: 2 probes a silent one, `when` in hundredths of a second. */
async function timers(port: number): Promise<{ kind: number; when: number }[]> {
  const table = await readFile('/proc/net/tcp', 'utf8');
  const to = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , remote = '', state]) => remote.endsWith(to) && state === '01')
    .map(([, , , , , timer = '']) => {
      const [kind = '', when = ''] = timer.split(':');
      return { kind: Number.parseInt(kind, 16), when: Number.parseInt(when, 16) };
    });
}

test('--keepalive is the time after which silent connections to the API server are probed', {
  skip: skip || process.platform !== 'linux',
}, async () => {
  for (const [keepalive, expected] of [
    ['2m', { kind: 2, least: 10_000, most: 12_000 }],
    ['0', { kind: 0, least: 0, most: 0 }],
  ] as const) {
    await using two = await openTwoProxies([`--keepalive=${keepalive}`]);
    const port = Number(new URL(two.cluster.server).port);
    assert.equal((await ask(two.ours, { path: '/api/held-open' })).status, 200);
    const found = await timers(port);
    assert.ok(
      found.some(({ kind, when }) => kind === expected.kind && when >= expected.least && when <= expected.most),
      `${keepalive}: ${JSON.stringify(found)}`,
    );
  }
});

test('flags that would do nothing are refused by name', { skip }, async () => {
  await using home = await Home.make();
  for (const [flags, words] of [
    [['--www-prefix=/x'], /--www-prefix is for the files of --www/],
    [['--www=.', '--www-prefix=/'], /are both \//],
    [['--api-prefix=custom'], /invalid --api-prefix "custom"/],
    [['--address=example.com'], /invalid --address "example.com"/],
  ] as const) {
    const { code, stderr } = await runProxy('fairlead', ['--server', 'http://127.0.0.1:9', ...flags], home);
    assert.equal(code, 2);
    assert.match(stderr, words);
  }
});

test('an address that others reach is listened on only where the risk is named', { skip }, async () => {
  await using home = await Home.make();
  const flags = ['--server', 'http://127.0.0.1:9', '--port=0', '--address=0.0.0.0', '--accept-hosts=.*'];
  for (const more of [[], ['--disable-filter']]) {
    const { code, stderr } = await runProxy('fairlead', [...flags, ...more], home);
    assert.equal(code, 1);
    assert.match(stderr, /Others reach 0\.0\.0\.0.*--password-file.*--expose-without-password/);
  }
  await using exposed = await startFairlead([...flags, '--expose-without-password'], home);
  assert.match(exposed.address, /^0\.0\.0\.0:\d+$/);
  // Other names than its own are still refused, unless --accept-hosts has them.
  assert.equal((await ask(exposed, { path: '/nope', headers: { Host: 'a.b.localhost' } })).status, 502);
});
