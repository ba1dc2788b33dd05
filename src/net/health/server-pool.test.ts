import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { leastLoaded } from '../balance/least-loaded.ts';
import type { Observation } from './health.ts';
import { Prober } from './prober.ts';
import { ServerPool } from './server-pool.ts';

const ready: Observation = { kind: 'ready' };
const refused: Observation = { kind: 'down', silent: false, reason: 'refused' };
const silence: Observation = { kind: 'down', silent: true, reason: 'no answer' };
const draining: Observation = { kind: 'draining', reason: '/readyz answers 500' };

function poolOf(...names: string[]) {
  const pool = new ServerPool<string>(leastLoaded);
  const members = names.map((name) => pool.add(name, name));
  const picks = () => new Set(Array.from({ length: 100 }, () => pool.pick()?.name));
  return { pool, members, picks };
}

test('what is not well gets no work; a pool where nothing is well gives work to all', () => {
  const { pool, members, picks } = poolOf('a', 'b', 'c');
  const [a, b, c] = members;
  assert.ok(a && b && c);
  assert.deepEqual(picks(), new Set(['a', 'b', 'c']));
  pool.observe(a, refused);
  pool.observe(b, draining);
  assert.deepEqual([a.health.state, b.health.state, c.health.state], ['down', 'draining', 'untested']);
  assert.deepEqual(picks(), new Set(['c']));
  pool.observe(c, refused);
  assert.deepEqual(picks(), new Set(['a', 'b', 'c']));
  // Those that were not tried come first by health, then anyhow; the end is when each was tried.
  pool.observe(c, ready);
  pool.observe(c, ready);
  assert.equal(pool.pick(new Set([a]))?.name, 'c');
  assert.equal(pool.pick(new Set([a, c]))?.name, 'b');
  assert.equal(pool.pick(new Set([a, b, c])), undefined);
  pool.remove(c);
  pool.observe(c, refused);
  assert.deepEqual(picks(), new Set(['a', 'b']));
  assert.throws(() => pool.add('a', 'a'), /has a server a already/);
});

test('a server returns after two probes in a row; one silence is forgiven, three end what is in flight', () => {
  const { pool, members } = poolOf('a');
  const [a] = members;
  assert.ok(a);
  const states: string[] = [];
  pool.subscribe(() => states.push(a.health.state));
  const after = (...observations: Observation[]) => {
    for (const observation of observations) pool.observe(a, observation);
    return a.health.state;
  };
  assert.equal(after(ready), 'ready');
  assert.equal(after(silence, ready, silence), 'ready');
  assert.equal(after(silence), 'down');
  assert.equal(a.health.lost.aborted, false);
  assert.equal(after(silence), 'down');
  assert.equal(a.health.lost.aborted, true);
  assert.equal(after(ready), 'down');
  assert.equal(a.health.lost.aborted, false);
  assert.equal(after(refused, ready), 'down');
  assert.equal(after(ready), 'ready');
  assert.equal(a.health.lastError, 'refused');
  assert.deepEqual(states, ['ready', 'down', 'ready']);
  // A server that stops listening first still serves what it has.
  after(refused, refused, refused, refused);
  assert.equal(a.health.lost.aborted, false);
});

test('servers are probed as they come and go; what throws is down, what does not answer is silent', async () => {
  const { pool } = poolOf('well', 'broken', 'mute');
  const changes = new EventEmitter();
  pool.subscribe(({ name, health }) => changes.emit(`${name} ${health.state}`));
  const asked = new Map<string, number>();
  await using prober = new Prober({
    pool,
    async probe(target, signal) {
      asked.set(target, (asked.get(target) ?? 0) + 1);
      if (target === 'broken') throw new Error('cannot connect');
      if (target === 'mute') await once(signal, 'abort').then(() => Promise.reject(signal.reason));
      return ready;
    },
    timing: { intervalMs: 40, failedIntervalMs: 5, timeoutMs: 20, firstAfterMs: 0 },
  });
  await Promise.all(['well ready', 'broken down', 'mute down'].map((change) => once(changes, change)));
  const errors = pool.members.map(({ health }) => health.lastError);
  assert.deepEqual(errors, [undefined, 'cannot connect', 'no answer to a probe within 0.02 s']);
  const joined = once(changes, 'late ready');
  const late = pool.add('late', 'late');
  await joined;
  pool.remove(late);
  const count = asked.get('late');
  prober.probeSoon(late);
  const [well] = pool.members;
  assert.ok(well);
  const before = asked.get('well') ?? 0;
  const turned = once(changes, 'well draining');
  pool.observe(well, draining);
  await turned;
  await once(changes, 'well ready');
  assert.ok((asked.get('well') ?? 0) >= before + 2);
  assert.equal(asked.get('late'), count);
});
