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
  /** Of a watch; `from` is the version that it asks for. */
  watch?: (response: ServerResponse, from: string | null) => void;
}

/** What `get secrets …` prints and returns. */
async function get({ answer, watch }: Script, ...words: string[]) {
  await using server = await scriptedServer(({ url = '' }, response) => {
    if (url === '/api') answerJson(response, 200, { kind: 'APIVersions', versions: ['v1'] });
    else if (url === '/apis') answerJson(response, 200, { kind: 'APIGroupList', groups: [] });
    else if (url === '/api/v1') answerJson(response, 200, { kind: 'APIResourceList', resources: [resource] });
    else if (url.includes('watch=true'))
      watch?.(response, new URLSearchParams(url.split('?')[1]).get('resourceVersion'));
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
  const err = printed(stderr).replaceAll(server.config.server, 'http://SERVER');
  return { code, out: printed(stdout), err: err.replaceAll(new URL(server.config.server).host, 'SERVER') };
}

/** Everything that was written: one read gives one piece. */
function printed(stream: PassThrough): string {
  const pieces: string[] = [];
  for (let piece: unknown = stream.read(); piece !== null; piece = stream.read()) pieces.push(String(piece));
  return pieces.join('');
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

test('a watch that is cut goes on after the last change that came, as an object and as a row', async () => {
  const told = (version: string, isRow: boolean) => {
    const object = { kind: 'Secret', apiVersion: 'v1', metadata: { name: `v${version}`, resourceVersion: version } };
    const row = { cells: [`v${version}`], object };
    const table = { kind: 'Table', apiVersion: 'meta.k8s.io/v1', metadata: {}, columnDefinitions: [], rows: [row] };
    return `${JSON.stringify({ type: 'MODIFIED', object: isRow ? table : object })}\n`;
  };
  for (const words of [['-o', 'name'], []]) {
    const isRow = words.length === 0;
    const asked: (string | null)[] = [];
    const watch = (response: ServerResponse, from: string | null) => {
      asked.push(from);
      response.writeHead(200, { 'Content-Type': 'application/json' });
      // In mid-event, before an answer, and at last as servers end it.
      if (asked.length === 1) response.write(`${told('7', isRow)}{"type":"MODI`, () => response.destroy());
      else if (asked.length === 2) response.destroy();
      else response.end(told('9', isRow));
    };
    const { code, out, err } = await get({ watch }, '--watch-only', ...words);
    assert.deepEqual([code, err, asked], [0, '', ['1', '7', '7']]);
    assert.deepEqual(out.match(/v\d/g), ['v7', 'v9']);
  }
});

test('a watch that was cut and is refused then ends with what is said', async () => {
  let asked = 0;
  const watch = (response: ServerResponse) => {
    const gone = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Expired',
      code: 410,
      message: 'too old',
    };
    const object = { kind: 'Secret', apiVersion: 'v1', metadata: { name: 'a', resourceVersion: '7' } };
    if (asked++ > 0) answerJson(response, 410, gone);
    else response.write(`${JSON.stringify({ type: 'ADDED', object })}\n`, () => response.destroy());
  };
  const { code, err } = await get({ watch }, '--watch-only', '-o', 'name');
  assert.deepEqual([code, err, asked], [1, 'Error from server (Expired): too old\n', 2]);
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
