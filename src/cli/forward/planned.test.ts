import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseForwardWord } from './planned.ts';

test('words name a target, a local port, and a context', () => {
  const cases: [word: string, to: string, context: string | undefined, local: number][] = [
    ['shop/db:5432=15432', 'service shop/db:5432', undefined, 15432],
    ['shop/db:5432', 'service shop/db:5432', undefined, 5432],
    ['svc/web:http', 'service -/web:http', undefined, 0],
    ['svc/web:80', 'service -/web:80', undefined, 0],
    ['db.shop:5432/tcp=1', 'service shop/db:5432', undefined, 1],
    ['web', 'service -/web', undefined, 0],
    ['pod/db-0:5432=0', 'pod -/db-0:5432', undefined, 0],
    ['staging/shop/db:5432=15433', 'service shop/db:5432', 'staging', 15433],
    ['arn:aws:eks:eu-1:123:cluster/Dev/shop/db=15434', 'service shop/db', 'arn:aws:eks:eu-1:123:cluster/Dev', 15434],
  ];
  for (const [word, to, context, local] of cases) {
    const planned = parseForwardWord(word);
    const { kind, namespace = '-', name, port } = planned.target;
    assert.deepEqual(
      [`${kind} ${namespace}/${name}${port === undefined ? '' : `:${port}`}`, planned.context, planned.local],
      [to, context, local],
      word,
    );
  }
});

test('what cannot be forwarded is refused by name', () => {
  const cases: [word: string, message: RegExp][] = [
    ['kube-system/kube-dns:53/udp=5353', /UDP cannot be forwarded/],
    ['svc/dns/UDP', /UDP cannot be forwarded/],
    ['deploy/web=1', /a forward leads to a service or to one pod/],
    ['shop/db=70000', /invalid forward "shop\/db=70000"/],
    ['shop/db=', /invalid target "shop\/db="/],
    ['shop/db:5432=x', /invalid target/],
    ['Shop/db', /invalid target/],
    ['', /invalid target/],
  ];
  for (const [word, message] of cases)
    assert.throws(() => parseForwardWord(word), { name: 'UsageError', message }, word);
});
