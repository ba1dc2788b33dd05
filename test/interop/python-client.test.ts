/** The Python client of Kubernetes: objects, watches, logs, commands and ports of pods, check by check. See python-client/. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Home, RunningFairlead } from '../fairlead-process.ts';
import { peerPath } from '../peers/build.ts';
import { isPythonClientBuilt, pythonPath } from '../peers/python.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';
import { checksHold } from './checks.ts';

const program = resolve(import.meta.dirname, 'python-client/main.py');
const mustRun = process.env.CI === 'true';
const skip = isPythonClientBuilt() || mustRun ? false : 'the Python client is missing: run npm run test:interop';
const peersAreThere = existsSync(peerPath('kube-apiserver')) && existsSync(peerPath('etcd'));
const images = { shell: '/bin/sh', python: pythonPath };

test('the Python client works on the embedded cluster', { skip, timeout: 120_000 }, async (t) => {
  await using home = await Home.make();
  const flags = Object.entries(images).map(([image, command]) => `--image=${image}=${command}`);
  await using _cluster = await RunningFairlead.up(home, '--data=:memory:', ...flags);
  await checksHold(t, home, [pythonPath, '-B', program, home.kubeconfig], { atLeast: 23 });
});

test('the same checks hold on kube-apiserver with our node', {
  skip: peersAreThere || mustRun ? skip : 'kube-apiserver is not built: run npm run test:interop',
  timeout: 120_000,
}, async (t) => {
  await using home = await Home.make();
  await using real = await startRealClusterWithNode({ images });
  await checksHold(t, home, [pythonPath, '-B', program, real.kubeconfig], { atLeast: 23 });
});
