import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testCertificate } from '../../test/certificate.ts';
import { readableCertificates, readableUnlessCutOff } from './pem.ts';

const [one, two] = [testCertificate().ca, testCertificate().ca];
const garbage = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const half = two.slice(0, two.length / 2);

test('certificates that can all be read stay as they are written, with what is around them', () => {
  for (const text of [one, `# mine\n${one}\n${two}`, one.replaceAll('\n', '\r\n'), `${testCertificate().key}${one}`]) {
    assert.equal(readableCertificates(text), text);
  }
});

test('of several, those that cannot be read are left out, wherever they stand', () => {
  assert.equal(readableCertificates(garbage + one), one);
  assert.equal(readableCertificates(`${half}\n${one}`), one);
  assert.equal(readableCertificates(one + garbage + two), `${one}${two}`);
  assert.equal(readableCertificates(one + half), one);
});

test('a text of which nothing can be read holds none', () => {
  for (const text of ['', garbage, half, garbage + half, testCertificate().key]) {
    assert.equal(readableCertificates(text), undefined);
  }
});

test('a file that is cut off anywhere holds none yet', () => {
  const text = `# mine\n${garbage}${one}${two.trimEnd()}`;
  assert.equal(readableUnlessCutOff(text), `${one}${two.trimEnd()}\n`);
  assert.equal(readableUnlessCutOff(`${one}# no - end`), `${one}# no - end`);
  const begun = text.length - two.trimEnd().length + 1;
  for (let length = begun; length < text.length; length++) {
    assert.equal(readableUnlessCutOff(text.slice(0, length)), undefined, text.slice(length - 10, length));
  }
});
