/** A process for `sqlite-crash.test.ts` to kill: writes without end and prints every acknowledged write. */
import { writeSync } from 'node:fs';
import { openSqliteStorage } from './sqlite.ts';

const [file = '', round = ''] = process.argv.slice(2);
const storage = await openSqliteStorage({ file, history: { maxRevisions: 500 } });

/** One line in one system call: what a pipe holds survives its writer. */
const acknowledge = (key: string, value: string, revision: number): void => {
  writeSync(1, `${key} ${value} ${revision}\n`);
};

const shared = '/registry/coordination.k8s.io/leases/kube-node-lease/node';

await Promise.all([
  ...Array.from({ length: 8 }, async (_, writer) => {
    for (let n = 0; ; n += 1) {
      const key = `/registry/core/pods/round-${round}/${writer}-${n}`;
      const value = `${round}-${writer}-${n}`;
      acknowledge(key, value, await storage.create(key, Buffer.from(value)));
    }
  }),
  (async () => {
    let revision = (await storage.get(shared))?.revision ?? (await storage.create(shared, Buffer.from('first')));
    for (let n = 0; ; n += 1) {
      revision = await storage.update(shared, Buffer.from(`${round}-${n}`), revision);
      acknowledge(shared, `${round}-${n}`, revision);
    }
  })(),
]);
