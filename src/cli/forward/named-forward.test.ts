import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forwardsMeant } from './named-forward.ts';

const running = [
  { to: 'shop/db:5432', local: 15432 },
  { to: 'shop/web', local: 8080 },
  { to: 'test/web', local: 8081 },
  { to: 'db-0.shop.pod:5432', local: 15433 },
  { to: 'arn:aws:eks:eu-1:123:cluster/Dev/shop/queue:amqp', local: 15434 },
];

test('a forward is meant by its port, its name, and every form that would start it', () => {
  const cases: [word: string, ports: number[]][] = [
    ['15432', [15432]],
    ['localhost:8080', [8080]],
    ['shop/db:5432', [15432]],
    ['shop/db:5432=15432', [15432]],
    ['shop/db:5432=0', [15432]],
    ['shop/db:5432=1', []],
    ['shop/db', []],
    ['db.shop:5432', [15432]],
    ['db.shop.svc:5432/tcp=0', [15432]],
    ['svc/db:5432', [15432]],
    ['web.test', [8081]],
    ['web', [8080, 8081]],
    ['pod/db-0:5432', [15433]],
    ['db-0.shop.pod:5432', [15433]],
    ['queue.shop:amqp', [15434]],
    ['arn:aws:eks:eu-1:123:cluster/Dev/shop/queue:amqp=0', [15434]],
    ['other/shop/queue:amqp', []],
    ['deploy/web', []],
    ['Not A Name', []],
  ];
  for (const [word, ports] of cases)
    assert.deepEqual(
      forwardsMeant(word, running).map(({ local }) => local),
      ports,
      word,
    );
});
