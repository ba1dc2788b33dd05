/** `delete -f` of a CustomResourceDefinition with its custom resources, which the server deletes with their type. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { answerJson, answerStatus, type ScriptedServer, scriptedServer } from '../src/client/scripted-server.ts';
import { Home } from './fairlead-process.ts';

const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const things = '/apis/tmp.example.com/v1/namespaces/default/things';

const thing = (name: string) => ({
  apiVersion: 'tmp.example.com/v1',
  kind: 'Thing',
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
});
const manifest = [
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.tmp.example.com' },
  },
  thing('first'),
  thing('second'),
]
  .map((object) => JSON.stringify(object))
  .join('\n---\n');

function group(name: string, resource: string, kind: string, scope: string) {
  const one = { resource, singularResource: kind.toLowerCase(), responseKind: { kind }, scope };
  return { metadata: { name }, versions: [{ version: 'v1', resources: [one] }] };
}

/** Deletions of things that are answered before the type is gone. */
let answered = 0;
let there: ReadonlySet<string> = new Set();
let typeIsThere = true;

let home: Home;
let server: ScriptedServer;
before(async () => {
  home = await Home.make();
  server = await scriptedServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://api');
    const gone = () => response.writeHead(404, { 'Content-Type': 'text/plain' }).end('404 page not found\n');
    const list = { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2' };
    if (pathname === '/api') answerJson(response, 200, { ...list, items: [] });
    else if (pathname === '/apis') {
      const items = [
        group('apiextensions.k8s.io', 'customresourcedefinitions', 'CustomResourceDefinition', 'Cluster'),
        group('tmp.example.com', 'things', 'Thing', 'Namespaced'),
      ];
      answerJson(response, 200, { ...list, items });
    } else if (pathname === `${crds}/things.tmp.example.com` && request.method === 'DELETE') {
      typeIsThere = answered > 0;
      answerJson(response, 200, { kind: 'Status', apiVersion: 'v1', status: 'Success', details: { uid: 'crd' } });
    } else if (pathname.startsWith(`${things}/`) && typeIsThere) {
      const name = pathname.slice(things.length + 1);
      if (request.method === 'DELETE') typeIsThere = --answered > 0;
      if (there.has(name)) answerJson(response, 200, thing(name));
      else answerStatus(response, 404, 'NotFound');
    } else gone();
  });
});
after(async () => {
  await server[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
});

async function deleted(answers: number, names: readonly string[]) {
  answered = answers;
  there = new Set(names);
  typeIsThere = true;
  return home.runFairlead(['delete', '-f', '-', '-s', server.config.server], manifest);
}

const line = (name: string) => `thing.tmp.example.com "${name}" deleted from default namespace\n`;
const crdLine = 'customresourcedefinition.apiextensions.k8s.io "things.tmp.example.com" deleted\n';

test('a type that is gone while its objects are waited for', async () => {
  const { code, stdout, stderr } = await deleted(2, ['first', 'second']);
  assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: crdLine + line('first') + line('second'), stderr: '' });
});

test('a type that is gone before the turn of its objects comes', async () => {
  for (const answers of [0, 1]) {
    const { code, stdout, stderr } = await deleted(answers, ['first', 'second']);
    const all = crdLine + line('first') + line('second');
    assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: all, stderr: '' });
  }
});

test('an object that never was is told as not found', async () => {
  const { code, stdout, stderr } = await deleted(0, ['second']);
  assert.deepEqual([code, stdout], [1, crdLine + line('second')]);
  assert.match(stderr, /^Error from server \(NotFound\): error when deleting "STDIN": 404 page not found\n/);
});
