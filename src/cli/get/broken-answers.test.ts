/** `get` from a server that answers what no API server answers: a sentence and an exit code, no row and no secret. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, before, test } from 'node:test';
import { answerJson, scriptedServer } from '../../client/scripted-server.ts';
import { getCommand } from '../commands/get.ts';
import { runCli } from '../main.ts';

let home = '';
before(async () => {
  home = await mkdtemp(join(tmpdir(), 'fairlead-answers-'));
});
after(() => rm(home, { recursive: true }));

const secret = { metadata: { name: 'login', resourceVersion: '1' } };
const list = { kind: 'SecretList', apiVersion: 'v1', metadata: { resourceVersion: '1' }, items: [secret] };
const resource = { name: 'secrets', singularName: 'secret', namespaced: true, kind: 'Secret', verbs: ['get', 'list'] };
const path = '/api/v1/namespaces/default/secrets';

interface Script {
  /** Of a list or an object. */
  answer?: (response: ServerResponse) => void;
  /** Of a watch. */
  watch?: (response: ServerResponse) => void;
}

/** What `get secrets …` prints and returns. */
async function get({ answer, watch }: Script, ...words: string[]) {
  await using server = await scriptedServer(({ url = '' }, response) => {
    if (url === '/api') answerJson(response, 200, { kind: 'APIVersions', versions: ['v1'] });
    else if (url === '/apis') answerJson(response, 200, { kind: 'APIGroupList', groups: [] });
    else if (url === '/api/v1') answerJson(response, 200, { kind: 'APIResourceList', resources: [resource] });
    else if (url.includes('watch=true')) watch?.(response);
    else if (answer !== undefined) answer(response);
    else answerJson(response, 200, list);
  });
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const io = { stdin: new PassThrough(), stdout, stderr, env: { HOME: home }, cwd: '/' };
  const code = await runCli(['get', '-s', server.config.server, 'secrets', ...words], {
    commands: [{ name: 'get', group: 'about', summary: 'Get', load: async () => getCommand }],
    io,
    signal: new AbortController().signal,
  });
  const err = String(stderr.read() ?? '').replaceAll(server.config.server, 'http://SERVER');
  return { code, out: String(stdout.read() ?? ''), err: err.replaceAll(new URL(server.config.server).host, 'SERVER') };
}

const body = (text: string) => (response: ServerResponse) => {
  response.writeHead(200, { 'Content-Type': 'application/json' }).end(text);
};

test('what is no list and no object is no empty row', async () => {
  for (const [text, problem] of [
    ['null', `http://SERVER${path}?limit=500 answered with something that is no object`],
    ['[]', `http://SERVER${path}?limit=500 answered with something that is no object`],
    ['{}', `the API server's answer to ${path} is no object of Kubernetes`],
    ['{"kind":"SecretList","items":"x"}', `the API server's answer to ${path} is no list`],
    ['{"kind":"SecretList","items":[null,1,"x",{}]}', `the API server's answer to ${path} is no list`],
  ] as const) {
    for (const words of [[], ['-o', 'json']]) {
      const { code, out, err } = await get({ answer: body(text) }, ...words);
      assert.deepEqual([code, err.startsWith(`error: ${problem}`)], [1, true], `${text}: ${err}`);
      assert.doesNotMatch(out, /NAME|"kind": "Secret/);
    }
  }
  const none = { code: 0, out: '', err: 'No resources found in default namespace.\n' };
  assert.deepEqual(await get({ answer: body('{"kind":"SecretList","metadata":{},"items":null}') }), none);
});

test('a Status that says that something failed is an error, whatever the code of the answer', async () => {
  const failure = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Conflict', code: 409, message: 'no' };
  for (const words of [[], ['login', '-o', 'yaml'], ['-w']]) {
    const { code, err } = await get({ answer: body(JSON.stringify(failure)) }, ...words);
    assert.deepEqual([code, err], [1, 'Error from server (Conflict): no\n']);
  }
});

test('what a server says in its own words is told', async () => {
  const plain = (code: number, text: string, headers = {}) =>
    get({ answer: (response) => response.writeHead(code, headers).end(text) });
  const denied = await plain(403, 'access denied by policy 17\n');
  assert.deepEqual([denied.code, denied.err], [1, 'Error from server (Forbidden): access denied by policy 17\n']);
  assert.match((await plain(503, '')).err, /^Error from server \(ServiceUnavailable\): .*503 without saying why\n$/);
  assert.equal(
    (await plain(404, '404 page not found')).err,
    'Error from server (NotFound): the server could not find the requested resource\n',
  );
  assert.match(
    (await plain(302, '', { Location: 'https://sso.example/?t=s' })).err,
    /redirects to sso\.example and is/,
  );
});

test('an answer that is cut off names the server', async () => {
  const cut = (response: ServerResponse) => {
    response.writeHead(200, { 'Content-Length': 1000 });
    response.write('{"kind":', () => response.destroy());
  };
  const problem = /^error: Cannot talk to the API server http:\/\/SERVER: .*cut off.*\n$/;
  assert.match((await get({ answer: cut })).err, problem);
  assert.match((await get({ watch: cut }, '-w')).err, problem);
  assert.match((await get({ watch: cut }, '-w', '-o', 'json')).err, problem);
});

test('a watch ends at what is no event, and does not show what it held', async () => {
  for (const [line, problem] of [
    ['{"type":"ADDED","object":{"data":{"p":hunter2}}}', 'a line of the watch is not JSON'],
    ['null', 'the watch sent something that is no event'],
    ['{"type":"ADDED"}', 'the watch sent something that is no event'],
    ['{"type":"ADDED","object":null}', 'the watch sent something that is no event'],
    [`{"type":"STRANGE","object":${JSON.stringify(secret)}}`, 'the watch sent something that is no event'],
    ['{"type":"ERROR","object":"hunter2"}', 'the watch sent an ERROR event without a Status'],
  ] as const) {
    for (const form of ['name', 'custom-columns=N:.metadata.name']) {
      const watch = (response: ServerResponse) => response.write(`${line}\n`);
      const { code, out, err } = await get({ watch }, '--watch-only', '-o', form);
      assert.deepEqual([code, out.replace('N\n', ''), err], [1, '', `error: ${problem}\n`]);
    }
  }
  const endless = (response: ServerResponse) => response.write(`{"type":"ADDED","x":"${'x'.repeat(17 * 1024 * 1024)}`);
  assert.match((await get({ watch: endless }, '-w')).err, /^error: a watch event is larger than \d+ bytes\n$/);
});

test('a watch keeps integers exact', async () => {
  const object = { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'login', uid: '' } };
  const event = JSON.stringify({ type: 'MODIFIED', object }).replace('"uid":""', '"generation":9007199254740993');
  const watch = (response: ServerResponse) => response.end(`${event}\n`);
  const { out } = await get({ watch }, '--watch-only', '-o', 'jsonpath={.metadata.generation}');
  assert.equal(out, '9007199254740993');
});

test('what is nested too deeply is said in a sentence', async () => {
  const deep = `${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`;
  const answer = body(`{"kind":"Secret","metadata":{"name":"login"},"data":${deep}}`);
  for (const form of ['json', 'yaml']) {
    const { code, err } = await get({ answer }, 'login', '-o', form);
    assert.deepEqual([code, err], [1, 'error: this cannot be printed: it is nested too deeply\n']);
  }
});
