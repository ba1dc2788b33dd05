import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ControlPlane } from '../testing-control-plane.ts';
import { apps, openControlPlane } from '../testing-control-plane.ts';

let cluster: ControlPlane;
before(async () => {
  cluster = await openControlPlane();
});
after(() => cluster[Symbol.asyncDispose]());

const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
const selector = { matchLabels: { a: 'b' } };
const deployments = `${apps}/deployments`;
const withSpec = (spec: object) => ({ metadata: { name: 'd' }, spec });
const complaints = (spec: object) => cluster.complaints(deployments, withSpec({ selector, template, ...spec }));

test('a deployment and a replica set get their defaults', async () => {
  const { spec } = await cluster.post(`${deployments}?dryRun=All`, withSpec({ selector, template }));
  const { template: made, ...rest } = spec;
  assert.deepEqual(rest, {
    progressDeadlineSeconds: 600,
    replicas: 1,
    revisionHistoryLimit: 10,
    selector,
    strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' }, type: 'RollingUpdate' },
  });
  assert.equal(made.spec.restartPolicy, 'Always');
  assert.equal(made.spec.enableServiceLinks, undefined);
  assert.equal(made.spec.volumes, undefined);
  const set = await cluster.post(`${apps}/replicasets?dryRun=All`, withSpec({ selector, template }));
  assert.deepEqual([set.spec.replicas, set.status], [1, { replicas: 0 }]);
});

test('selector and template must fit', async () => {
  assert.deepEqual(await complaints({ selector: { matchLabels: { a: 'c' } } }), [
    'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
  ]);
  assert.deepEqual(await complaints({ selector: {} }), [
    'spec.selector: Invalid value: {}: empty selector is invalid for deployment',
  ]);
  assert.deepEqual(await complaints({ selector: undefined }), [
    'spec.selector: Required value',
    'spec.template.metadata.labels: Invalid value: {"a":"b"}: `selector` does not match template `labels`',
  ]);
  const never = { ...template, spec: { ...template.spec, restartPolicy: 'Never' } };
  assert.deepEqual(await complaints({ template: never }), [
    'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
  ]);
  const badPod = { ...template, spec: { containers: [{ name: 'c' }] } };
  assert.deepEqual(await complaints({ template: badPod }), ['spec.template.spec.containers[0].image: Required value']);
});

test('the strategy must be able to make progress', async () => {
  const rolling = (rollingUpdate: object) => ({ strategy: { rollingUpdate } });
  const surge = 'spec.strategy.rollingUpdate.maxSurge';
  const unavailable = 'spec.strategy.rollingUpdate.maxUnavailable';
  assert.deepEqual(await complaints(rolling({ maxSurge: 0, maxUnavailable: '0%' })), [
    `${unavailable}: Invalid value: "0%": may not be 0 when \`maxSurge\` is 0`,
  ]);
  assert.deepEqual(await complaints(rolling({ maxSurge: -1, maxUnavailable: '150%' })), [
    `${unavailable}: Invalid value: "150%": must not be greater than 100%`,
    `${surge}: Invalid value: -1: must be greater than or equal to 0`,
  ]);
  assert.deepEqual(await complaints({ strategy: { type: 'Recreate', rollingUpdate: { maxSurge: 1 } } }), [
    "spec.strategy.rollingUpdate: Forbidden: may not be specified when strategy `type` is 'Recreate'",
  ]);
  assert.deepEqual(await complaints({ replicas: -1, progressDeadlineSeconds: 5, minReadySeconds: 5 }), [
    'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    'spec.progressDeadlineSeconds: Invalid value: 5: must be greater than minReadySeconds',
  ]);
});

test('the selector is immutable; the scale subresource tells it', async () => {
  await cluster.post(deployments, withSpec({ selector, template }));
  const other = { selector: { matchLabels: { c: 'd' } }, template: { metadata: { labels: { c: 'd' } } } };
  assert.match((await cluster.mergePatch(`${deployments}/d`, { spec: other })).message, /: field is immutable$/);
  assert.equal((await cluster.call(`${deployments}/d/scale`)).status.selector, 'a=b');
});
