import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openRowPrinter } from './print-rows.ts';
import type { ServiceRow } from './service-row.ts';

function rowOf(context: string): ServiceRow {
  const counts = { ready: 1, total: 1, ports: ['80'], ways: [{ way: 'port-forward' }] } as const;
  return { context, namespace: 'shop', name: 'web', type: 'ClusterIP', ...counts, health: 'ok' };
}

test('rows of contexts that answer later are in line with the first, however long the names are', async () => {
  const contexts = ['dev', 'arn:aws:eks:eu-central-1:123456789012:cluster/production'];
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const printer = openRowPrinter({ stdout, stderr }, { format: undefined, contexts, watch: false });
  for (const context of contexts) printer.rows([rowOf(context)]);
  stdout.end();
  const lines = (await text(stdout)).trimEnd().split('\n');
  assert.equal(lines.length, 3);
  const [at = 0] = lines.map((line) => line.indexOf('NAMESPACE'));
  for (const line of lines.slice(1)) assert.equal(line.indexOf('shop'), at, lines.join('\n'));
});
