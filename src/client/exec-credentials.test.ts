import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, test } from 'node:test';
import { testCertificate } from '../../test/certificate.ts';
import { ConfigError } from './client-config.ts';
import { openClusterClient } from './cluster-client-http.ts';
import { CredentialError } from './credentials.ts';
import type { CredentialCommand } from './exec-credentials.ts';
import type { KubeconfigChoice } from './kubeconfig.ts';
import { loadKubeconfig } from './kubeconfig.ts';
import { answerJson, answerStatus, scriptedServer } from './scripted-server.ts';
import { openService } from './service.ts';

/**
 * Notes each run in `runs`, then does what its first argument says. To hang, it connects to the socket `told` once it is
 * ready to be stopped, and stays while that is open. A flood ends where the next test takes `runs` away.
 */
const program = `
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
const [, file, does, ...args] = process.argv;
const directory = file.slice(0, file.lastIndexOf('/'));
const { KUBERNETES_EXEC_INFO, PLUGIN, OWN } = process.env;
appendFileSync(directory + '/runs', JSON.stringify({ args, info: JSON.parse(KUBERNETES_EXEC_INFO), PLUGIN, OWN }) + '\\n');
if (does === 'answer') process.stdout.write(readFileSync(directory + '/answer'));
if (does === 'fail') process.exit(3);
if (does === 'flood') {
  const much = 'x'.repeat(1 << 16);
  const go = () => existsSync(directory + '/runs') && process.stdout.write(much, go);
  go();
}
if (does === 'hang') {
  process.on('SIGTERM', () => told.write('asked to stop', () => process.exit()));
  const told = connect(directory + '/told');
  told.on('close', () => process.exit());
}
`;

let directory = '';
let script = '';
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-exec-'));
  script = join(directory, 'plugin.mjs');
  await writeFile(script, program);
});
beforeEach(() => rm(join(directory, 'runs'), { force: true }));
after(() => rm(directory, { recursive: true }));

async function runs(): Promise<Record<string, unknown>[]> {
  const text = await readFile(join(directory, 'runs'), 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line)]));
}

async function answer(status: object, version = 'v1'): Promise<void> {
  const document = { kind: 'ExecCredential', apiVersion: `client.authentication.k8s.io/${version}`, status };
  await writeFile(join(directory, 'answer'), JSON.stringify(document));
}

interface Setting extends KubeconfigChoice {
  exec?: object;
  does?: string;
  cluster?: never;
  clusterFields?: object;
}

async function load({ exec = {}, does = 'answer', clusterFields = {}, ...choice }: Setting = {}) {
  const path = join(directory, 'config');
  const plugin = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: [script, does, '$(touch /tmp/x)', 'a b'],
    env: [{ name: 'PLUGIN', value: 'set' }],
    interactiveMode: 'Never',
    ...exec,
  };
  const config = {
    'current-context': 'one',
    clusters: [{ name: 'c', cluster: { server: 'https://one:6443', ...clusterFields } }],
    users: [{ name: 'u', user: { exec: plugin } }],
    contexts: [{ name: 'one', context: { cluster: 'c', user: 'u' } }],
  };
  await writeFile(path, JSON.stringify(config));
  return loadKubeconfig({ path, env: { PATH: process.env.PATH, OWN: 'kept' }, ...choice });
}

async function credentials(setting: Setting = {}) {
  const source = (await load(setting)).credentials;
  assert.ok(source !== undefined);
  return source;
}

test('a command gives a token: no shell, its own environment, run once for all who ask', async ({ signal }) => {
  await answer({ token: 't1' });
  const seen: CredentialCommand[] = [];
  const source = await credentials({ beforeCommand: (command) => void seen.push(command) });
  assert.equal(source.atHand?.(), undefined);
  assert.deepEqual(await runs(), []);
  const all = await Promise.all([1, 2, 3].map(() => source.current(signal)));
  assert.deepEqual(all[0], { authorization: 'Bearer t1' });
  assert.ok(all.every((one) => one === all[0]) && source.current(signal) === all[0]);
  assert.equal(source.atHand?.(), all[0]);
  const info = { kind: 'ExecCredential', apiVersion: 'client.authentication.k8s.io/v1', spec: { interactive: false } };
  assert.deepEqual(await runs(), [{ args: ['$(touch /tmp/x)', 'a b'], info, PLUGIN: 'set', OWN: 'kept' }]);
  assert.deepEqual(
    seen.map(({ user, named, program, args }) => ({ user, named, program, last: args.at(-1) })),
    [{ user: 'u', named: true, program: process.execPath, last: 'a b' }],
  );
});

test('what is asked before a run can forbid it; a token that is given needs no run', async ({ signal }) => {
  const source = await credentials({
    beforeCommand: () => {
      throw new Error('not from here');
    },
  });
  await assert.rejects(async () => source.current(signal), /not from here/);
  assert.equal((await load({ token: 't' })).credentials, undefined);
  assert.deepEqual(await runs(), []);
});

test('expired credentials are made again, refused ones once', async ({ signal }) => {
  const [past, future] = [-1000, 60_000].map((ms) => new Date(Date.now() + ms).toISOString());
  await answer({ token: 'old', expirationTimestamp: past });
  const source = await credentials();
  assert.deepEqual(await source.current(signal), { authorization: 'Bearer old' });
  await answer({ token: 'new', expirationTimestamp: future });
  const fresh = await source.current(signal);
  assert.deepEqual(fresh, { authorization: 'Bearer new' });
  assert.equal(await source.current(signal), fresh);
  await answer({ token: 'newer' });
  assert.deepEqual(await Promise.all([source.renew(fresh, signal), source.renew(fresh, signal)]), [true, true]);
  const renewed = await source.current(signal);
  assert.deepEqual(renewed, { authorization: 'Bearer newer' });
  assert.equal(await source.renew(fresh, signal), true);
  assert.equal(await source.renew(renewed, signal), false);
  assert.equal((await runs()).length, 3);
});

test('requests carry the token, and a 401 brings a new one', async ({ signal }) => {
  await answer({ token: 't1' });
  const seen: (string | undefined)[] = [];
  await using server = await scriptedServer((request, response) => {
    seen.push(request.headers.authorization);
    if (request.headers.authorization === 'Bearer t2') answerJson(response, 200, {});
    else answerStatus(response, 401, 'Unauthorized');
  });
  const config = await load({ server: server.config.server });
  await using client = openClusterClient(config);
  await Promise.resolve(config.credentials?.current(signal));
  await answer({ token: 't2' });
  assert.equal((await client.request({ method: 'GET', path: '/api', signal })).status, 200);
  assert.deepEqual(seen, ['Bearer t1', 'Bearer t2']);
});

test("an application's 401 is the answer: its request is not sent again, and no command runs for it", async () => {
  await answer({ token: 't1' });
  const seen: string[] = [];
  await using server = await scriptedServer(({ method, headers }, response) => {
    seen.push(`${method} ${headers.authorization}`);
    response.writeHead(401).end('who are you?');
  });
  await using client = openClusterClient(await load({ server: server.config.server }));
  const orders = await openService(client, 'shop', 'web').fetch('/orders', { method: 'POST', body: 'one' });
  assert.deepEqual([orders.status, await orders.text()], [401, 'who are you?']);
  assert.deepEqual(seen, ['POST Bearer t1']);
  assert.equal((await runs()).length, 1);
});

test('a client certificate; what the plugin is told of the cluster', async ({ signal }) => {
  const { cert, key, ca } = testCertificate();
  await answer({ clientCertificateData: cert, clientKeyData: key }, 'v1beta1');
  const source = await credentials({
    exec: { apiVersion: 'client.authentication.k8s.io/v1beta1', interactiveMode: null, provideClusterInfo: true },
    interactive: false,
    clusterFields: {
      server: 'https://one:443/prefix/',
      'disable-compression': true,
      'certificate-authority-data': Buffer.from(ca).toString('base64'),
      'tls-server-name': 'api',
      extensions: [{ name: 'client.authentication.k8s.io/exec', extension: { audience: 'a' } }],
    },
  });
  assert.deepEqual(await source.current(signal), { certificate: { cert, key } });
  const [{ info } = {}] = await runs();
  assert.deepEqual(info, {
    kind: 'ExecCredential',
    apiVersion: 'client.authentication.k8s.io/v1beta1',
    spec: {
      cluster: {
        server: 'https://one:443/prefix/',
        'disable-compression': true,
        'tls-server-name': 'api',
        'certificate-authority-data': Buffer.from(ca).toString('base64'),
        config: { audience: 'a' },
      },
      interactive: false,
    },
  });
});

test('an answer without its kind, in YAML or behind a byte order mark is taken, as kubectl does', async ({
  signal,
}) => {
  const version = 'client.authentication.k8s.io/v1';
  for (const text of [
    JSON.stringify({ apiVersion: version, status: { token: 't' } }),
    `apiVersion: ${version}\nkind: ExecCredential\nstatus: {token: t}\n`,
    `\ufeff${JSON.stringify({ kind: 'ExecCredential', apiVersion: version, status: { token: 't' } })}`,
  ]) {
    await writeFile(join(directory, 'answer'), text);
    const source = await credentials();
    assert.deepEqual(await source.current(signal), { authorization: 'Bearer t' });
  }
  for (const [text, expected] of [
    ['status: {token: [s3cret', /neither JSON nor YAML/],
    ['s3cret', /no ExecCredential/],
    [`apiVersion: ${version}\nkind: Pod\nstatus: {token: s3cret}`, /no ExecCredential/],
  ] as const) {
    await writeFile(join(directory, 'answer'), text);
    const source = await credentials();
    await assert.rejects(
      async () => source.current(signal),
      (error) => {
        assert.ok(error instanceof CredentialError && !error.message.includes('s3cret'));
        assert.match(error.message, expected);
        return true;
      },
    );
  }
});

test('commands that fail, flood, or answer wrongly give one sentence, without what they wrote', async ({ signal }) => {
  const { cert } = testCertificate();
  const { key } = testCertificate();
  const cases: [name: string, setting: Setting, status: object, expected: RegExp][] = [
    ['exit', { does: 'fail' }, {}, /user "u" \(used by context "one"\) in .*config: it ended with exit code 3/],
    ['flood', { does: 'flood' }, {}, /wrote more than 1048576 bytes/],
    ['silent', { does: 'nothing' }, {}, /it wrote nothing/],
    [
      'version',
      { exec: { apiVersion: 'client.authentication.k8s.io/v1beta1' } },
      { token: 's3cret' },
      /another version/,
    ],
    ['empty', {}, {}, /neither token nor certificate/],
    ['half', {}, { clientCertificateData: 's3cret' }, /but not both/],
    ['pem', {}, { clientCertificateData: 's3cret', clientKeyData: 's3cret' }, /cannot be read as PEM/],
    ['pair', {}, { clientCertificateData: cert, clientKeyData: key }, /do not belong together/],
    ['time', {}, { token: 's3cret', expirationTimestamp: 'soon' }, /is no time/],
    ['line', {}, { token: 's3cret\r\nX: y' }, /characters that no token has/],
    ['terminal', { exec: { interactiveMode: 'Always' }, interactive: false }, {}, /must ask on a terminal/],
    [
      'hint',
      { exec: { command: 'fairlead-no-such-command', installHint: '\x1b[31mGet it\x1b[0m\x07 at example.com' } },
      {},
      /"fairlead-no-such-command" .*no such program on this machine\. The kubeconfig says: Get it at example\.com$/,
    ],
    ['relative', { exec: { command: './none.mjs' } }, {}, /"\/.*\/none\.mjs" .*no such program/],
    [
      'not executable',
      { exec: { command: './plugin.mjs', installHint: 'Get it' } },
      {},
      /: you may not run \/.*\/plugin\.mjs \(permission denied\)\.$/,
    ],
  ];
  for (const [name, setting, status, expected] of cases) {
    await answer(status);
    const source = await credentials(setting);
    await assert.rejects(
      async () => source.current(signal),
      (error) => {
        assert.ok(error instanceof CredentialError, `${name}: ${error}`);
        assert.match(error.message, expected, name);
        assert.doesNotMatch(error.message, /s3cret|\x1b|\x07/, name);
        return true;
      },
    );
  }
});

test('entries that cannot work are refused before anything runs', async () => {
  const cases: [exec: object, expected: RegExp][] = [
    [{ apiVersion: 'client.authentication.k8s.io/v1alpha1' }, /v1alpha1 is gone/],
    [{ apiVersion: undefined }, /"exec\.apiVersion" must be/],
    [{ command: '' }, /"exec" without a command/],
    [{ command: ['a'] }, /"exec\.command" must be a text/],
    [{ args: 'a b' }, /"exec\.args" must be a list of texts/],
    [{ env: [{ value: 'x' }] }, /"exec\.env" must have a name/],
    [{ interactiveMode: undefined }, /"exec\.interactiveMode" must be one of Never, IfAvailable, Always/],
    [{ provideClusterInfo: 'yes' }, /must be true or false/],
  ];
  for (const [exec, expected] of cases) {
    await assert.rejects(load({ exec }), (error) => error instanceof ConfigError && expected.test(error.message));
  }
});

test('a command is stopped when nobody waits for it any more', async (t) => {
  const listener = createServer().listen(join(directory, 'told'));
  t.after(() => listener.close());
  const source = await credentials({ does: 'hang' });
  const leaving = new AbortController();
  const leave = () => leaving.abort(new Error('enough'));
  t.after(leave);
  const left = assert.rejects(async () => source.current(leaving.signal), /enough/);
  const [told]: Socket[] = await once(listener, 'connection', { signal: t.signal });
  assert.ok(told !== undefined);
  t.after(() => told.destroy());
  leave();
  await left;
  assert.equal(await text(told), 'asked to stop');
});
