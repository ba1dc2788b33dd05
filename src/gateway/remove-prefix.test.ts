import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PrefixRemover } from './remove-prefix.ts';

const prefix = '/api/v1/namespaces/shop/services/web:80/proxy';

function through(pieces: readonly string[]): string {
  const remover = new PrefixRemover(prefix);
  const passed = pieces.map((piece) => remover.push(Buffer.from(piece)));
  return Buffer.concat([...passed, remover.end()]).toString();
}

test('a prefix is removed before a slash, however the page comes in pieces', () => {
  const page = `<a href="${prefix}/a">${prefix}</a><img src="${prefix}/b/${prefix}/"><i>${prefix}${prefix}/`;
  const expected = `<a href="/a">${prefix}</a><img src="/b//"><i>/`;
  assert.equal(through([page]), expected);
  assert.equal(through([...page]), expected);
  for (let at = 0; at <= page.length; at++) assert.equal(through([page.slice(0, at), page.slice(at)]), expected);
  assert.equal(through([`x${prefix}`]), `x${prefix}`);
  assert.equal(through([]), '');
});

test('what cannot be the prefix is not held back', () => {
  const remover = new PrefixRemover(prefix);
  assert.equal(remover.push(Buffer.from('<p>hello</p>')).toString(), '<p>hello</p>');
  assert.equal(remover.push(Buffer.from('<p>/api/v1')).toString(), '<p>');
  assert.equal(remover.push(Buffer.from('/pods')).toString(), '/api/v1/pods');
});
