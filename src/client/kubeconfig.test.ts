import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { constants } from 'node:fs';
import { mkdir, mkdtemp, open, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { testCertificate } from '../../test/certificate.ts';
import { ConfigError } from './client-config.ts';
import { loadKubeconfig } from './kubeconfig.ts';

let directory = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-kubeconfig-'));
});
after(() => rm(directory, { recursive: true }));

const authority = testCertificate().ca;
const pem = (what: string) => `-----BEGIN ${what}-----\nAAAA\n-----END ${what}-----\n`;

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

/** Nine levels of nine aliases each: 400 million texts. */
function bomb(): string {
  const levels = [...'abcdefghi'].map((name, level, all) => {
    const of = level === 0 ? '"x"' : `*${all[level - 1]}`;
    return `${name}: &${name} [${Array(9).fill(of).join(', ')}]`;
  });
  return levels.join('\n');
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

const manyContexts = `[${Array.from({ length: 20_000 }, (_, at) => `{name: n${at}}`).join(', ')}, {name: one`;

/** In a way of writing for which no parser of all of YAML is loaded. */
function deepMapping(levels: number): string {
  return Array.from({ length: levels }, (_, at) => `${' '.repeat(at)}a:`).join('\n');
}

function config({
  cluster = 'server: https://one:6443',
  user = 'token: t1',
  context = 'namespace: shop',
  current = 'one',
} = {}): string {
  return `apiVersion: v1
kind: Config
current-context: ${current}
clusters: [{name: c, cluster: {${cluster}}}]
users: [{name: u, user: {${user}}}]
contexts: [{name: one, context: {cluster: c, user: u, ${context}}}]
`;
}

test('the current context gives server, namespace and token', async () => {
  const path = await file('plain', config());
  assert.deepEqual(await loadKubeconfig({ path, env: {} }), {
    server: 'https://one:6443',
    namespace: 'shop',
    token: 't1',
    origin: { files: [path], context: 'one', cluster: 'c', user: 'u' },
  });
});

test('of KUBECONFIG the first file counts for each name; missing files are passed over', async () => {
  const first = await file('first', config({ current: '""' }));
  const second = await file(
    'second',
    `current-context: two
clusters: [{name: c, cluster: {server: 'https://hidden'}}]
contexts: [{name: one, context: {cluster: hidden}}, {name: two, context: {cluster: c}}]
`,
  );
  const env = { KUBECONFIG: [join(directory, 'none'), first, second].join(delimiter) };
  const loaded = await loadKubeconfig({ env });
  assert.equal(loaded.server, 'https://one:6443');
  assert.equal(loaded.origin?.context, 'two');
  assert.equal(loaded.token, undefined);
  assert.equal(loaded.namespace, 'default');
});

test('flags win over the file', async () => {
  const path = await file(
    'flags',
    config({
      cluster: `server: https://one, certificate-authority-data: ${Buffer.from(authority).toString('base64')}`,
      user: 'tokenFile: /nowhere',
    }),
  );
  const loaded = await loadKubeconfig({
    path,
    env: {},
    server: 'https://other/prefix/',
    token: 't2',
    namespace: 'n',
    insecureSkipTlsVerify: true,
    requestTimeoutMs: 5000,
  });
  assert.equal(loaded.server, 'https://other/prefix');
  assert.equal(loaded.token, 't2');
  assert.equal(loaded.tokenFile, undefined);
  assert.equal(loaded.namespace, 'n');
  assert.deepEqual(loaded.tls, { insecureSkipVerify: true });
  assert.equal(loaded.requestTimeoutMs, 5000);
});

test('files are found relative to the kubeconfig, and data wins over files', async () => {
  await mkdir(join(directory, 'sub'));
  await file('sub/ca.pem', authority);
  const { cert, key } = testCertificate();
  await file('sub/key.pem', key);
  const data = Buffer.from(cert).toString('base64');
  const path = await file(
    'sub/config',
    config({
      cluster: 'server: https://one, certificate-authority: ca.pem, tls-server-name: real.example',
      user: `client-certificate: none.pem, client-certificate-data: ${data}, client-key: key.pem, tokenFile: token`,
    }),
  );
  const loaded = await loadKubeconfig({ path, env: {} });
  assert.deepEqual(loaded.tls, {
    ca: authority,
    serverName: 'real.example',
    cert,
    key,
  });
  assert.equal(loaded.tokenFile, join(directory, 'sub/token'));
});

test('a client certificate that no server would take is refused with what is wrong', async () => {
  const [one, other] = [testCertificate(), testCertificate()];
  const until = new Date(Date.now() - 86_400_000);
  const expired = testCertificate(['u'], { from: -90_000_000, until: -86_400_000 });
  const cases: [cert: string, key: string, RegExp][] = [
    [pem('CERTIFICATE'), one.key, /certificate cannot be read as PEM/],
    [one.cert, pem('PRIVATE KEY'), /key cannot be read as PEM/],
    [one.cert, other.key, /certificate and key do not belong together/],
    [expired.cert, expired.key, new RegExp(`expired on ${until.toISOString().slice(0, 10)}T.*: renew it`)],
  ];
  for (const [cert, key, expected] of cases) {
    const [certData, keyData] = [cert, key].map((text) => Buffer.from(text).toString('base64'));
    const path = await file(
      'pair',
      config({ user: `client-certificate-data: ${certData}, client-key-data: ${keyData}` }),
    );
    await assert.rejects(loadKubeconfig({ path, env: {} }), (error) => {
      assert.ok(error instanceof ConfigError && error.message.includes('user "u" (used by context "one")'));
      assert.match(error.message, expected);
      return true;
    });
  }
  // kube-apiserver goes by the token then, and another server says itself that it does not.
  const [certData, keyData] = [base64(expired.cert), base64(expired.key)];
  const user = `client-certificate-data: ${certData}, client-key-data: ${keyData}`;
  const beside = await file('beside', config({ user: `${user}, token: t1` }));
  const loaded = await loadKubeconfig({ path: beside, env: {} });
  assert.deepEqual([loaded.token, loaded.tls?.cert], ['t1', expired.cert]);
  assert.equal(
    (await loadKubeconfig({ path: await file('alone', config({ user })), env: {}, token: 't2' })).token,
    't2',
  );
});

test('what cannot be used is refused with file, entry and the way out, without secrets', async () => {
  const cases: [name: string, text: string, expected: RegExp][] = [
    ['basic', config({ user: 'username: joe, password: hunter2, token: t' }), /a token and a user name.*remove one/],
    ['colon', config({ user: "username: 'joe:x', password: hunter2" }), /"username" has a colon/],
    ['alone', config({ user: 'password: hunter2' }), /a password but no username/],
    ['proxy', config({ cluster: 'server: https://a, proxy-url: "ftp://joe:hunter2@x"' }), /cluster "c" .*"proxy-url"/],
    ['as', config({ user: 'token: t, as-groups: [root]' }), /need "as", the user to act as/],
    ['as-line', config({ user: 'token: t, as: "a\\r\\nX-Evil: hunter2"' }), /control characters/],
    ['as-list', config({ user: 'token: t, as: a, as-groups: [1]' }), /"as-groups" must be a list of texts/],
    ['token', config({ user: 'token: 1234' }), /user "u" .*"token" must be a text/],
    ['token-line', config({ user: 'token: "a\\nhunter2"' }), /characters that no token has/],
    ['insecure', config({ cluster: 'server: https://a, insecure-skip-tls-verify: "yes"' }), /must be true or false/],
    ['compression', config({ cluster: 'server: https://a, disable-compression: 1' }), /must be true or false/],
    ['context', config({ current: 'nope' }), /There is no context "nope" \(in .*; there are: one\)/],
    [
      'current',
      config({ current: '""' }),
      /has no current context. Choose a context with option "context" \(one of: one\)/,
    ],
    [
      'cluster',
      config({ context: 'cluster: gone' }).replace('cluster: c, ', ''),
      /There is no cluster "gone", which context "one" of .* names/,
    ],
    ['url', config({ cluster: 'server: ftp://x' }), /not an http or https URL/],
    ['cred', config({ cluster: 'server: https://me:hunter2@x' }), /carries a user name or password/],
    [
      'half',
      config({ user: `client-key-data: ${Buffer.from(pem('KEY')).toString('base64')}` }),
      /has a client-key but no client-certificate/,
    ],
    [
      'both',
      config({ cluster: 'server: https://x, insecure-skip-tls-verify: true, certificate-authority: a' }),
      /remove one of them/,
    ],
    [
      'ca',
      config({ cluster: 'server: https://x, certificate-authority: missing.pem' }),
      /"certificate-authority" cannot be used: .*missing\.pem does not exist/,
    ],
    ['data', config({ cluster: 'server: https://x, certificate-authority-data: "!!"' }), /not base64 of a PEM text/],
    ['yaml', 'users: [{hunter2', /is not valid YAML/],
    ['list', 'contexts: {a: b}', /"contexts" must be a list/],
    ['kind', 'kind: Pod', /its kind is "Pod"/],
    ['twice', config().replace('users: [', 'users: [{name: u}, '), /two entries of the name "u"/],
    ['nameless', 'users: [{user: {token: hunter2}}]', /users\[0\] has no name/],
    ['number', 'current-context: 5', /"current-context" must be a text/],
    ['scalar', 'hunter2', /its top level is no mapping/],
    ['binary', '\0\x01hunter2', /not valid YAML|top level/],
    ['bomb', bomb(), /aliases .* are too many/],
    ['cycle', 'users: &a\n- *a', /aliases|has no name/],
    ['nowhere', 'users: *hunter2x', /not valid YAML/],
    ['deep', `users: ${'['.repeat(50_000)}`, /nested too deeply|not valid YAML/],
    ['deep-json', `{"users": ${'['.repeat(50_000)}${']'.repeat(50_000)}}`, /nested too deeply|no name/],
    ['deep-plain', deepMapping(3000), /nested too deeply/],
    ['deep-less', deepMapping(250), /nested too deeply/],
    ['documents', `${config()}---\ncurrent-context: two\n`, /several documents.*\(line 7/],
    ['key-twice', `${config()}current-context: two\n`, /a key is written twice.*\(line 7/],
    ['merge', 'users: [{name: u, user: {<<: hunter2}}]', /a merge key \(<<\) .* no mapping/],
    ['version', config().replace('apiVersion: v1', 'apiVersion: v2'), /its apiVersion is "v2", not "v1"/],
    ['no-cluster', config().replace('cluster: c, user', 'user'), /context "one": it names no cluster: add one/],
    ['many', config({ current: 'nope' }).replace('[{name: one', manyContexts), /: n0, n1, .*n9 and 19991 more\)/],
    ['zone', config({ cluster: 'server: "https://[fe80::1%eth0]:6443"' }), /IPv6 address with a zone/],
    [
      'ca-key',
      config({ cluster: `server: https://x, certificate-authority-data: ${base64(pem('PRIVATE KEY'))}` }),
      /"certificate-authority-data" holds no certificate/,
    ],
    [
      'ca-garbage',
      config({ cluster: `server: https://x, certificate-authority-data: ${base64(pem('CERTIFICATE'))}` }),
      /"certificate-authority-data" holds no certificate that can be read/,
    ],
    [
      'mixed',
      config({
        cluster: 'server: https://x, extensions: [{name: fairlead.dev/servers, extension: {servers: ["http://y"]}}]',
      }),
      /cluster "c" .*must all be https or all be http/,
    ],
    ['wide', `users: [${'a,'.repeat(300_000)}]`, /more than 200000 values/],
    ['huge', `# ${'x'.repeat(9_000_000)}`, /more than 8 MiB/],
  ];
  for (const [name, text, expected] of cases) {
    const path = await file(name, text);
    await assert.rejects(loadKubeconfig({ path, env: {} }), (error) => {
      assert.ok(error instanceof ConfigError, `${name}: ${error}`);
      assert.match(error.message, expected, name);
      assert.doesNotMatch(error.message, /hunter2/, name);
      return true;
    });
  }
  await assert.rejects(
    loadKubeconfig({ path: join(directory, 'absent'), env: {} }),
    /Cannot read the kubeconfig .*absent: it does not exist/,
  );
  await assert.rejects(
    loadKubeconfig({ env: { HOME: directory } }),
    /No cluster is configured: there is no kubeconfig at .*\. Name one with option "path", or by KUBECONFIG\.$/,
  );
});

test('what is no file is told apart, and pipes are read without waiting for a writer', async () => {
  const path = join(directory, 'pipe');
  execFileSync('mkfifo', [path]);
  await assert.rejects(loadKubeconfig({ path, env: {} }), /pipe, and nothing is written into it/);
  const writing = writeFile(path, config());
  const reader = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  await writing;
  assert.equal((await loadKubeconfig({ path, env: {} })).token, 't1');
  await reader.close();
  await assert.rejects(loadKubeconfig({ path: directory, env: {} }), /it is a directory/);
  await symlink('loop', join(directory, 'loop'));
  await assert.rejects(loadKubeconfig({ path: join(directory, 'loop'), env: {} }), /leads to itself/);
  await symlink('not-there', join(directory, 'dangling'));
  await assert.rejects(loadKubeconfig({ path: join(directory, 'dangling'), env: {} }), /it does not exist/);
});

test('certificates and keys may be pipes; what is silent or without end is given up', async () => {
  const pipe = join(directory, 'pem-pipe');
  execFileSync('mkfifo', [pipe]);
  const path = await file('plain', config());
  const load = (certificateAuthority: string) => loadKubeconfig({ path, env: {}, certificateAuthority });
  await assert.rejects(
    load(pipe),
    /option "certificateAuthority" cannot be used: .*pem-pipe is a pipe, and nothing is written/,
  );
  await assert.rejects(load('/dev/zero'), /\/dev\/zero is not a PEM file/);
  const writer = await open(pipe, 'r+');
  const loading = load(pipe);
  await writer.write(authority);
  await writer.close();
  assert.equal((await loading).tls?.ca, authority);
});

test('an unsupported user that is not used is no hindrance; --server alone needs no file', async () => {
  const path = await file(
    'other-user',
    config().replace('users: [', 'users: [{name: x, user: {exec: {command: a}}}, '),
  );
  assert.equal((await loadKubeconfig({ path, env: {} })).token, 't1');
  const bare = await loadKubeconfig({ server: 'http://127.0.0.1:8080', env: { HOME: directory } });
  assert.equal(bare.server, 'http://127.0.0.1:8080');
});

test('basic authentication and impersonation are taken from the user', async () => {
  const path = await file(
    'basic-as',
    config({
      user: 'username: joe, password: p, as: jane, as-uid: "7", as-groups: [a, b], as-user-extra: {x/y: [1a, 2a]}',
    }),
  );
  const loaded = await loadKubeconfig({ path, env: {} });
  assert.deepEqual([loaded.username, loaded.password], ['joe', 'p']);
  assert.deepEqual(loaded.impersonate, { user: 'jane', uid: '7', groups: ['a', 'b'], extra: { 'x/y': ['1a', '2a'] } });
  const chosen = await loadKubeconfig({ path, env: {}, token: 't' });
  assert.deepEqual([chosen.token, chosen.username, chosen.impersonate?.user], ['t', undefined, 'jane']);
});

test("the cluster's proxy holds, else that of the environment", async () => {
  const env = { HTTPS_PROXY: 'http://env:3128', NO_PROXY: '*.example' };
  const proxyOf = async (cluster: string) =>
    (await loadKubeconfig({ path: await file('proxied', config({ cluster })), env })).proxy;
  const own = { protocol: 'socks5', host: '::1', port: 1080, username: 'u', password: 'p' };
  assert.deepEqual(await proxyOf('server: "https://a.example", proxy-url: "socks5://u:p@[::1]"'), own);
  assert.equal(await proxyOf('server: "https://a.example"'), undefined);
  assert.equal((await proxyOf('server: "https://a.internal"'))?.host, 'env');
});

test('merge keys are read: what is written goes before them, and of several sources the first counts', async () => {
  const text = `tools:
  one: &one {server: 'https://one:6443', tls-server-name: one}
  two: &two {server: 'https://two:6443', disable-compression: true}
clusters: [{name: c, cluster: {tls-server-name: own, <<: [*two, *one]}}]
contexts: [{name: one, context: &here {cluster: c, namespace: n}}, {name: two, context: {<<: *here, user: u}}]
users: [null, {name: u, user: {token: t}}]
current-context: two
`;
  const loaded = await loadKubeconfig({ path: await file('merged', text), env: {} });
  assert.deepEqual(
    [loaded.server, loaded.tls, loaded.namespace, loaded.token],
    ['https://two:6443', { serverName: 'own' }, 'n', 't'],
  );
  const levels = Array.from({ length: 30 }, (_, at) => `m${at + 1}: &m${at + 1} {<<: [*m${at}, *m${at}], k${at}: x}`);
  const bomb = await file('merge-bomb', ['m0: &m0 {a: b}', ...levels, config()].join('\n'));
  await assert.rejects(loadKubeconfig({ path: bomb, env: {} }), /aliases .* are too many/);
});

test('IPv6 servers, with and without port and scheme', async () => {
  const of = async (server: string) => (await loadKubeconfig({ server, env: { HOME: directory } })).server;
  assert.equal(await of('https://[::1]:6443/'), 'https://[::1]:6443');
  assert.equal(await of('[2001:db8:0::5]:6443'), 'https://[2001:db8::5]:6443');
  assert.equal(await of('http://[::ffff:10.0.0.1]/k8s/'), 'http://[::ffff:a00:1]/k8s');
  await assert.rejects(of('https://::1:6443'), /option "server" cannot be used: "server" is not an http or https URL/);
});

test('several servers are named by an extension of the cluster, or chosen in its place', async () => {
  const extension = (content: string) =>
    config({ cluster: `server: https://one:6443, extensions: [{name: fairlead.dev/servers, extension: ${content}}]` });
  const path = await file('servers', extension('{servers: [https://two:6443/k8s/, three], discover: true}'));
  const { server, servers, discoverServers } = await loadKubeconfig({ path, env: {} });
  assert.deepEqual(
    [server, servers, discoverServers],
    ['https://one:6443', ['https://two:6443/k8s', 'https://three'], true],
  );
  const chosen = await loadKubeconfig({ path, server: 'a', servers: ['b:1'], discoverServers: false, env: {} });
  assert.deepEqual([chosen.server, chosen.servers, chosen.discoverServers], ['https://a', ['https://b:1'], undefined]);
  const other = await loadKubeconfig({ path, server: 'a', env: {} });
  assert.deepEqual([other.server, other.servers, other.discoverServers], ['https://a', undefined, true]);
  for (const [content, expected] of [
    ['[https://two]', /"extensions\.fairlead\.dev\/servers" must be a mapping/],
    ['{server: [https://two]}', /"extensions\.fairlead\.dev\/servers\.server" is not known/],
    ['{servers: https://two}', /servers\.servers" must be a list of texts/],
    ['{discover: 1}', /servers\.discover" must be true or false/],
    ['{servers: ["ftp://two"]}', /cluster "c".*not an http or https URL \(in its extension fairlead\.dev\/servers\)/],
  ] as const) {
    await assert.rejects(loadKubeconfig({ path: await file('wrong', extension(content)), env: {} }), expected);
  }
  const env = { HTTPS_PROXY: 'http://proxy:3128', NO_PROXY: 'two' };
  await assert.rejects(loadKubeconfig({ path, env }), /by different ways: set proxy-url/);
  await assert.rejects(
    loadKubeconfig({ path, server: 'a', servers: ['u:p@b'], env: {} }),
    /option "server" cannot be used.*password/,
  );
});
