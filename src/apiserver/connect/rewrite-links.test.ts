import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { linkRewriter, rewriteLink } from './rewrite-links.ts';

const prefix = '/api/v1/namespaces/n/services/s/proxy';
const context = { prefix, backend: '127.1.2.3:8080', requestHost: 'localhost:8001' };

test('links of the same origin get the prefix, once; all others stay', () => {
  for (const [link, expected] of [
    ['/a?b#c', `${prefix}/a?b#c`],
    ['/', `${prefix}/`],
    [`${prefix}/a`, `${prefix}/a`],
    [`${prefix}-not`, `${prefix}${prefix}-not`],
    ['http://127.1.2.3:8080/login', `${prefix}/login`],
    ['http://127.1.2.3:8080', `${prefix}/`],
    ['http://localhost:8001/x', `http://localhost:8001${prefix}/x`],
    ['//127.1.2.3:8080/x', `${prefix}/x`],
    ['https://example.com/x', 'https://example.com/x'],
    ['//example.com/x', '//example.com/x'],
    ['relative/x', 'relative/x'],
    ['#top', '#top'],
    ['mailto:a@b', 'mailto:a@b'],
    ['', ''],
  ] as const) {
    assert.equal(rewriteLink(link, context), expected, link);
  }
});

async function rewrite(html: string, pieceBytes: number): Promise<string> {
  const bytes = Buffer.from(html);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += pieceBytes) pieces.push(bytes.subarray(at, at + pieceBytes));
  return await text(Readable.from(pieces).pipe(linkRewriter(context)));
}

test('URL attributes change, everything else passes byte by byte, however the bytes arrive', async () => {
  const html = `<!DOCTYPE html><!-- <a href="/comment"> --><html><head><title>a <b href="/t"></title>
<link rel=stylesheet href=/style.css><script src='/app.js' data-x="/keep">if (1 < 2) go("<a href='/in-script'>")</script>
<style>a[href="/x"] { color: red }</style></head><body data-href="/keep">
<a class="x" HREF = "/über?a=1&amp;b=2" title="a > b">ü ≤ 3 < 4</a><a href="https://example.com/">out</a>
<img alt='<a href="/alt">' src="/i.png"/><form action="/go"><button formaction=/b>x</button></form><br></body></html>
tail <`;
  const expected = html
    .replace('href=/style.css', `href=${prefix}/style.css`)
    .replace("src='/app.js'", `src='${prefix}/app.js'`)
    .replace('"/über', `"${prefix}/über`)
    .replace('src="/i.png"', `src="${prefix}/i.png"`)
    .replace('action="/go"', `action="${prefix}/go"`)
    .replace('formaction=/b', `formaction=${prefix}/b`);
  for (const pieceBytes of [1, 2, 7, 64, 10_000]) {
    assert.equal(await rewrite(html, pieceBytes), expected, `pieces of ${pieceBytes}`);
  }
});

test('a tag that never ends is passed on, not kept', async () => {
  const endless = `<a href="${'x'.repeat(200_000)}`;
  assert.equal(await rewrite(endless, 10_000), endless);
});

test('a tag of one long word costs no more than other text', async () => {
  const tag = `<a ${'x'.repeat(60_000)} href="/y">`;
  const started = performance.now();
  assert.equal(await rewrite(tag, 100_000), tag.replace('"/y"', `"${prefix}/y"`));
  assert.ok(performance.now() - started < 1000);
});
