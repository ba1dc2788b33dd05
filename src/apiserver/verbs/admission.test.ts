import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forbidden } from '../../api/status.ts';
import type { AdmissionPlugin } from '../admission/admission.ts';
import { openTestServer } from '../testing-server.ts';

const path = '/apis/test.example/v1/namespaces/a/widgets';
const merge = { 'content-type': 'application/merge-patch+json' };

test('plugins see every write in their order, may change it, and hear how it ended', async () => {
  const log: string[] = [];
  const plugin: AdmissionPlugin = {
    name: 'witness',
    admit({ operation, subresource, name, object }) {
      log.push(`admit ${operation} ${name}/${subresource}`);
      if (object !== undefined) object.metadata.annotations = { ...object.metadata.annotations, seen: 'yes' };
    },
    async reserve() {
      log.push('reserve');
      return (stored) => void log.push(`end ${stored}`);
    },
    validate({ operation, object, previous }) {
      log.push(
        `validate ${object?.metadata.uid === undefined ? 'no uid' : 'uid'} ${previous === undefined ? 'new' : 'old'}`,
      );
      if (operation === 'CREATE' && object?.metadata.name === 'bad') {
        throw forbidden({ group: 'test.example', resource: 'widgets' }, 'bad', 'it is bad');
      }
    },
  };
  await using server = await openTestServer({ policy: { admission: [plugin] } });
  const taken = () => log.splice(0);
  const { json } = await server.call(path, { method: 'POST', body: { metadata: { name: 'w' } } });
  assert.deepEqual(json.metadata.annotations, { seen: 'yes' });
  assert.deepEqual(taken(), ['admit CREATE w/', 'reserve', 'validate uid new', 'end true']);
  await server.call(path, { method: 'POST', body: { metadata: { name: 'w' } } });
  assert.equal(taken().at(-1), 'end false');
  const refused = await server.call(path, { method: 'POST', body: { metadata: { name: 'bad' } } });
  assert.deepEqual([refused.status, refused.json.message], [403, 'widgets.test.example "bad" is forbidden: it is bad']);
  assert.equal(taken().at(-1), 'end false');
  await server.call(`${path}?dryRun=All`, { method: 'POST', body: { metadata: { name: 'dry' } } });
  assert.equal(taken().at(-1), 'end false');
  await server.call(`${path}/w/scale`, { method: 'PATCH', body: { spec: { replicas: 2 } }, headers: merge });
  assert.deepEqual(taken(), ['admit UPDATE w/scale', 'reserve', 'validate uid old', 'end true']);
  await server.call(`${path}/w`, { method: 'DELETE' });
  assert.deepEqual(taken(), ['admit DELETE w/', 'reserve', 'validate no uid old', 'end true']);
});
