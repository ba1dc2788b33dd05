import assert from 'node:assert/strict';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { isReason } from '../../api/status.ts';
import { Exchange } from '../exchange.ts';
import { limitTime } from './deadline.ts';
import { limitInFlight } from './in-flight.ts';

function exchange(method: string, url: string): Exchange {
  const request = new IncomingMessage(new Socket());
  Object.assign(request, { method, url });
  return new Exchange(request, new ServerResponse(request), undefined);
}

test('what is above the limit is 429 at once, reads and writes apart, watches not counted', async () => {
  const filter = limitInFlight({ reading: 1, writing: 1 });
  const { promise: gate, resolve: open } = Promise.withResolvers<void>();
  const first = filter(exchange('GET', '/api/v1/pods'), () => gate);
  await assert.rejects(
    filter(exchange('GET', '/api/v1/pods'), async () => undefined),
    (error) => isReason(error, 'TooManyRequests') && error.status.details?.retryAfterSeconds === 1,
  );
  await filter(exchange('POST', '/api/v1/namespaces/a/pods'), async () => undefined);
  await filter(exchange('GET', '/api/v1/pods?watch=1'), async () => undefined);
  open();
  await first;
  await filter(exchange('GET', '/api/v1/pods'), async () => undefined);
});

test('a request that takes too long is 504, and its signal fires', async () => {
  const late = exchange('GET', '/api/v1/pods?timeout=5ms');
  const never = new Promise<void>(() => undefined);
  await assert.rejects(
    limitTime(60_000)(late, () => never),
    (error) => isReason(error, 'Timeout'),
  );
  assert.ok(late.signal.aborted);
  await assert.rejects(
    limitTime(60_000)(exchange('GET', '/api/v1/pods?timeout=soon'), () => never),
    (error) => isReason(error, 'BadRequest'),
  );
});
