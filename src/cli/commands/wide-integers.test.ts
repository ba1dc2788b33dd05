/** A server's integers that a number would round, from its JSON to what commands print and send. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { test } from 'node:test';
import { type Answer, scriptedServer } from '../../client/scripted-server.ts';
import { runCli } from '../main.ts';
import { commandTable } from './table.ts';

const integers = '"i":9007199254740993,"least":-9223372036854775808,"list":[9223372036854775807]';
const gadget = (name: string, more = integers) =>
  `{"apiVersion":"example.com/v1","kind":"Gadget","metadata":{"name":"${name}","resourceVersion":"7"},"spec":{${more}}}`;
const second = gadget('second', '"i":9007199254740994,"beyond":18446744073709551615');
const table =
  '{"kind":"Table","apiVersion":"meta.k8s.io/v1","metadata":{},' +
  '"columnDefinitions":[{"name":"Name","type":"string","priority":0},{"name":"I","type":"integer","priority":0},{"name":"F","type":"number","priority":0}],' +
  '"rows":[{"cells":["first",9007199254740993,1234567.5],"object":{}}]}';
const gadgets = {
  resource: 'gadgets',
  singularResource: 'gadget',
  responseKind: { kind: 'Gadget' },
  scope: 'Namespaced',
  verbs: ['get', 'list', 'watch', 'patch'],
};
const groups = [{ metadata: { name: 'example.com' }, versions: [{ version: 'v1', resources: [gadgets] }] }];
const collection = '/apis/example.com/v1/namespaces/default/gadgets';

const answer: Answer = (request, response, body) => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://api');
  const send = (text: string) => response.writeHead(200, { 'Content-Type': 'application/json' }).end(text);
  if (pathname === '/api') send('{"kind":"APIGroupDiscoveryList","items":[]}');
  else if (pathname === '/apis') send(JSON.stringify({ kind: 'APIGroupDiscoveryList', items: groups }));
  else if (pathname === `${collection}/first`) {
    // What was sent comes back, so that the digits on both ways can be seen.
    if (request.method === 'PATCH') send(gadget('first', `${integers},"sent":${body}`));
    else send(request.headers.accept?.includes('as=Table') ? table : gadget('first'));
  } else if (pathname !== collection) response.writeHead(404).end();
  else if (searchParams.has('watch')) send(`{"type":"MODIFIED","object":${second}}\n`);
  else {
    const items = searchParams.has('fieldSelector') ? [gadget('first')] : [second, gadget('first')];
    send(`{"kind":"GadgetList","apiVersion":"example.com/v1","metadata":{},"items":[${items}]}`);
  }
};

async function fairlead(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  await using server = await scriptedServer(answer);
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-wide-'));
  const file = join(directory, 'config');
  const config = {
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster: { server: server.config.server } }],
    users: [{ name: 'test', user: {} }],
  };
  await writeFile(file, JSON.stringify(config));
  const said = { out: '', err: '' };
  const into = (stream: 'out' | 'err') =>
    new Writable({
      write(chunk, _encoding, done) {
        said[stream] += String(chunk);
        done();
      },
    });
  const io = {
    stdin: process.stdin,
    stdout: into('out'),
    stderr: into('err'),
    env: { KUBECONFIG: file },
    cwd: directory,
  };
  try {
    const code = await runCli(argv, { commands: commandTable, io, signal: new AbortController().signal });
    return { code, ...said };
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** Without blanks, which are not what is tested here. */
async function printed(line: string): Promise<string> {
  const { code, out, err } = await fairlead(...line.split(' '));
  assert.equal(code, 0, err);
  return out.replace(/\s+/g, ' ').trim();
}

test('get prints every digit, whatever the form', async () => {
  assert.equal(await printed('get gadget first'), 'NAME I F first 9007199254740993 1.2345675e+06');
  const spec = '"spec": { "i": 9007199254740993, "least": -9223372036854775808, "list": [ 9223372036854775807 ] } }';
  assert.ok((await printed('get gadget first -o json')).endsWith(spec));
  assert.ok((await printed('get gadgets -o json')).includes(spec));
  const yaml = 'spec: i: 9007199254740993 least: -9223372036854775808 list: - 9223372036854775807';
  assert.ok((await printed('get gadget first -o yaml')).endsWith(yaml));
  assert.equal(await printed('get gadget first -o jsonpath={.spec.i},{.spec}'), `9007199254740993,{${integers}}`);
  assert.equal(await printed('get gadget first -o jsonpath-as-json={.spec.i}'), '[ 9007199254740993 ]');
  assert.equal(
    await printed('get gadget first -o custom-columns=I:.spec.i,L:.spec.list,S:.spec.least'),
    'I L S 9007199254740993 [9223372036854775807] -9223372036854775808',
  );
});

test('get tells neighbours apart that a number would make equal', async () => {
  const filter = (test: string) => printed(`get gadgets -o jsonpath={.items[?(@.spec.i${test})].metadata.name}`);
  assert.equal(await filter('==9007199254740993'), 'first');
  assert.equal(await filter('!=9007199254740993'), 'second');
  assert.equal(await filter('>9007199254740993'), 'second');
  assert.equal(await filter('>1'), 'second first');
  assert.equal(
    await printed('get gadgets -o name --sort-by=.spec.i'),
    'gadget.example.com/first gadget.example.com/second',
  );
});

test('get -w prints them as they come', async () => {
  const line = 'get gadget first -w -o custom-columns=I:.spec.i --no-headers';
  assert.equal(await printed(line), '9007199254740993 9007199254740994');
});

test('what needs the 64th bit is printed as kubectl prints it: a float where it is text', async () => {
  const beyond = '{.items[0].spec.beyond}';
  assert.equal(await printed(`get gadgets -o jsonpath=${beyond}`), '1.8446744073709552e+19');
  assert.equal(await printed(`get gadgets -o jsonpath-as-json=${beyond}`), '[ 18446744073709551615 ]');
});

test('describe prints every digit', async () => {
  const text = await printed('describe gadget first --show-events=false');
  assert.match(text, /Spec: I: 9007199254740993 Least: -9223372036854775808 List: 9223372036854775807/);
});

test('wait compares every digit, and says them where it is not met', async () => {
  const condition = '--for=jsonpath={.spec.i}=900719925474099';
  const met = await fairlead('wait', 'gadget/first', `${condition}3`, '--timeout=2s');
  assert.equal(met.code, 0, met.err);
  const watched = await fairlead('wait', 'gadget/first', `${condition}4`, '--timeout=2s');
  assert.equal(watched.code, 0, watched.err);
  const unmet = await fairlead('wait', 'gadget/first', `${condition}2`, '--timeout=0');
  assert.equal(unmet.code, 1);
  assert.match(unmet.err, /is 9007199254740993/);
});

test('label sends no field but the labels, and prints the others as they are', async () => {
  for (const how of ['', ' --dry-run=client']) {
    const text = await printed(`label gadget first a=b -o json${how}`);
    assert.ok(text.includes('"i": 9007199254740993, "least": -9223372036854775808, '), text);
    if (how === '') assert.ok(text.includes('"sent": { "metadata": { "labels": { "a": "b" } } }'), text);
  }
});
