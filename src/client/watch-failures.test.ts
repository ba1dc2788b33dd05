import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { connect } from './client.ts';
import { ConnectionError } from './connection-error.ts';
import { answerStatus, scriptedServer } from './scripted-server.ts';
import { warnOfFailures } from './watch-failures.ts';

const forbidding = () => scriptedServer((_request, response) => answerStatus(response, 403, 'Forbidden'));

test('a cache that is refused warns the process, unless somebody asked to be told', async () => {
  await using server = await forbidding();
  {
    await using cluster = await connect({ config: server.config });
    const warned = once(process, 'warning');
    const informer = cluster.resource('v1', 'ConfigMap').informer();
    const [warning] = await warned;
    assert.equal(String(warning), 'WatchFailure: Watching ConfigMap (v1) failed and is tried again: answered 403');
    await cluster[Symbol.asyncDispose]();
    await informer.done;
  }
  const told = Promise.withResolvers<string>();
  const own = Promise.withResolvers<unknown>();
  await using cluster = await connect({
    config: server.config,
    onError: (error, { apiVersion, kind }) => told.resolve(`${apiVersion} ${kind}: ${error}`),
  });
  const maps = cluster.resource('v1', 'ConfigMap');
  maps.informer();
  maps.informer({ onError: (error) => own.resolve(error) });
  assert.match(await told.promise, /^v1 ConfigMap: .*answered 403/);
  assert.match(String(await own.promise), /answered 403/);
});

test('the same failure is a warning once', async () => {
  const warnings: string[] = [];
  const listener = (warning: Error) => warnings.push(warning.message);
  process.on('warning', listener);
  const told = warnOfFailures();
  const maps = { apiVersion: 'v1', kind: 'ConfigMap' };
  told(new Error('one'), maps);
  told(new Error('one'), maps);
  told('two', maps);
  told(new ConnectionError('cut', { sent: true, cutOff: true, cause: undefined }), maps);
  told(new Error('one'), { ...maps, kind: 'Secret' });
  await new Promise(setImmediate);
  process.off('warning', listener);
  const text = (kind: string, what: string) => `Watching ${kind} (v1) failed and is tried again: ${what}`;
  assert.deepEqual(warnings, [text('ConfigMap', 'one'), text('ConfigMap', 'two'), text('Secret', 'one')]);
});
