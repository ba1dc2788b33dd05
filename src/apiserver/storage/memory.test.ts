import assert from 'node:assert/strict';
import { it } from 'node:test';
import { describeStorage } from './conformance.ts';
import { openMemoryStorage } from './memory.ts';
import { Compacted } from './storage.ts';

describeStorage({ name: 'memory', open: async () => openMemoryStorage() });

it('memory forgets history by itself when there is too much of it', async () => {
  await using storage = openMemoryStorage({ history: { maxRevisions: 100 } });
  let revision = await storage.create('/registry/core/pods/a/b', new Uint8Array(1));
  for (let n = 0; n < 300; n += 1)
    revision = await storage.update('/registry/core/pods/a/b', new Uint8Array(1), revision);
  await assert.rejects(storage.list({ prefix: '/', revision: revision - 101 }), Compacted);
  assert.equal((await storage.list({ prefix: '/', revision: revision - 50 })).entries.length, 1);
});
