/** The same requests to the real kube-apiserver and to the embedded cluster: the same answers, but for known differences. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { startRealCluster } from '../peers/real-cluster.ts';
import { type KnownDifference, knownDifferences } from './differential/known-differences.ts';
import { questions } from './differential/questions.ts';
import { comparable, differences, Server } from './differential/request.ts';

const built = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));
const skip = built || process.env.CI === 'true' ? false : 'kube-apiserver is not built: run npm run test:interop';

async function prepare(server: Server): Promise<void> {
  const made = [
    { path: '/api/v1/namespaces', kind: 'Namespace', name: 'diff' },
    // The real server runs without the controller that makes it.
    { path: '/api/v1/namespaces/diff/serviceaccounts', kind: 'ServiceAccount', name: 'default' },
  ];
  for (const { path, kind, name } of made) {
    const body = { apiVersion: 'v1', kind, metadata: { name } };
    const { code } = await server.ask({ name: `${kind} ${name}`, method: 'POST', path, body });
    assert.ok(code === 201 || code === 409, `${kind} ${name}: ${code}`);
  }
}

function known(name: string): KnownDifference | undefined {
  return knownDifferences.find(({ questions: names }) => names.includes(name));
}

test('answers are those of kube-apiserver', { skip, timeout: 120_000 }, async (t) => {
  await using home = await Home.make();
  await using real = await startRealCluster();
  const tokens = join(home.directory, 'tokens.csv');
  await writeFile(tokens, `${real.token},admin,admin,"system:masters"\nnobody-token,nobody,nobody\n`, { mode: 0o600 });
  await using cluster = await RunningFairlead.up(home, '--nodes=0', '--data=:memory:', `--token-file=${tokens}`);
  using theirs = new Server(real.apiUrl, real.token);
  using ours = new Server(cluster.apiUrl, real.token);
  await prepare(theirs);
  await prepare(ours);

  for (const question of questions) {
    const [our, their] = [await ours.ask(question), await theirs.ask(question)];
    await t.test(question.name, () => {
      const found = differences(comparable(our, question), comparable(their, question));
      const allowed = known(question.name);
      const unexpected = found.filter(
        (line) => !allowed?.parts.some((part) => line.startsWith(`${part}:`) || line.startsWith(`${part}.`)),
      );
      assert.deepEqual(unexpected, []);
      // A difference that is gone must leave the table.
      if (allowed !== undefined) assert.notDeepEqual(found, [], `no difference any more, though known: ${allowed.why}`);
    });
  }
});

test('known differences are of questions that are asked', () => {
  const asked = new Set(questions.map(({ name }) => name));
  assert.equal(asked.size, questions.length, 'two questions have one name');
  const unknown = knownDifferences.flatMap(({ questions: names }) => names).filter((name) => !asked.has(name));
  assert.deepEqual(unknown, []);
});
