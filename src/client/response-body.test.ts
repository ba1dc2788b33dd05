import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { StatusError } from '../api/status.ts';
import { openClusterClient } from './cluster-client-http.ts';
import { answerJson, scriptedServer } from './scripted-server.ts';

/** What the client throws for an answer. */
async function refused(answer: (response: ServerResponse) => void): Promise<StatusError> {
  await using server = await scriptedServer((_request, response) => answer(response));
  await using client = openClusterClient(server.config);
  try {
    await client.resource('v1', 'pods').get('web');
  } catch (error) {
    assert.ok(error instanceof StatusError, String(error));
    return error;
  }
  return assert.fail('it was taken for an object');
}

async function said(code: number, body: string, headers: Record<string, string> = {}): Promise<string> {
  const { code: answered, reason, message } = await refused((response) => response.writeHead(code, headers).end(body));
  assert.equal(answered, code);
  return `${reason}: ${message}`;
}

test('what is no Status is told in one line, and a page as one', async () => {
  assert.equal(await said(403, ' access denied by policy 17\r\n'), 'Forbidden: access denied by policy 17');
  const wild = 'no\nserver \u001b[31mhere\u0000\u009b\u2028now';
  assert.equal(await said(503, wild), 'ServiceUnavailable: no server [31mhere now');
  assert.equal((await said(500, 'x'.repeat(100_000))).length, 'InternalError: '.length + 500);
  for (const page of ['<html><body>\u001b[31m', '\n<!DOCTYPE html>\n<p>', '<?xml version="1.0"?>']) {
    const message = 'ServiceUnavailable: the server answered 503 with a page, as no API server does';
    assert.equal(await said(503, page), message);
  }
  assert.equal(await said(503, ''), 'ServiceUnavailable: the server answered 503 without saying why');
});

test('a redirect is called one, with its host and nothing that may be secret', async () => {
  for (const [location, where] of [
    ['https://joe:hunter2@login.example:8443/start?ticket=hunter2#x', 'to login.example:8443'],
    ['//login.example/?hunter2', 'to login.example'],
    ['/login?hunter2', 'to another path there'],
    ['https://[', 'elsewhere'],
    ['', 'elsewhere'],
  ] as const) {
    const message = await said(302, '<html>moved', location === '' ? {} : { Location: location });
    assert.ok(message.startsWith(`: the server answered 302, which redirects ${where} and is not followed: `), message);
    assert.doesNotMatch(message, /hunter2/);
  }
});

test('fields of a Status that are of a wrong type count as absent', async () => {
  const odd = { kind: 'Status', apiVersion: 'v1', status: 1, message: { a: 1 }, reason: [1], code: 'x', details: [1] };
  const { status, message } = await refused((response) => answerJson(response, 500, odd));
  assert.deepEqual(
    [status.code, status.reason, message, status.details],
    [500, 'InternalError', 'the server answered 500 without saying why', undefined],
  );
  const details = { name: 'web', kind: 7, causes: [null, { message: 'm', field: 1 }], retryAfterSeconds: '1' };
  const half = await refused((response) => answerJson(response, 409, { ...odd, details }));
  assert.deepEqual(half.status.details, { name: 'web', causes: [{ message: 'm' }] });
  assert.equal(half.reason, 'Conflict');
});

test('the metadata of a Status is kept: an expired list goes on with the token in it', async () => {
  const expired = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Expired', code: 410, message: 'old' };
  const of = async (metadata: unknown) =>
    (await refused((response) => answerJson(response, 410, { ...expired, metadata }))).status.metadata;
  const metadata = { resourceVersion: '7', continue: 'on', remainingItemCount: 3 };
  assert.deepEqual(await of(metadata), metadata);
  assert.deepEqual(await of({ continue: 1, remainingItemCount: '3' }), {});
  assert.deepEqual(await of('odd'), {});
});

test('a Status that says that it failed is no object, whatever the code of the answer', async () => {
  const failure = { kind: 'Status', apiVersion: 'v1', status: 'Failure', reason: 'Conflict', code: 409, message: 'no' };
  const error = await refused((response) => answerJson(response, 200, failure));
  assert.deepEqual([error.code, error.reason, error.message], [409, 'Conflict', 'no']);
  await using server = await scriptedServer(({ method }, response) =>
    answerJson(response, 200, method === 'DELETE' ? { ...failure, status: 'Success' } : failure),
  );
  await using client = openClusterClient(server.config);
  const pods = client.resource('v1', 'pods');
  await assert.rejects(pods.create({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } }), StatusError);
  assert.equal((await pods.delete('web')).kind, 'Status');
});
