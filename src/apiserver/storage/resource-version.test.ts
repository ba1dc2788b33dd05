import assert from 'node:assert/strict';
import { it } from 'node:test';
import { withResourceVersion } from './resource-version.ts';

function splice(json: string): unknown {
  return JSON.parse(Buffer.from(withResourceVersion(Buffer.from(json), 42)).toString());
}

it('the revision goes into the metadata at the top, wherever it stands and however it is written', () => {
  const others = [
    '',
    '"kind":"Pod",',
    '"spec":{"template":{"metadata":{"labels":{}}}},',
    '"a":"}\\"metadata\\":{","b":["metadata",{"metadata":{}}],"c":-1.5e3,"d":null,"e":"\\\\",',
    ' "x" : [ 1 , 2 ] ,\n',
  ];
  for (const before of others) {
    for (const metadata of ['{}', '{ }', '{"name":"ü"}', '{"labels":{"metadata":"x"}}', '{\n"name": "a"\n}']) {
      for (const after of ['', ',"status":{}']) {
        const json = `{${before}"metadata":${before.includes(' ') ? ' ' : ''}${metadata}${after}}`;
        const expected = JSON.parse(json);
        expected.metadata.resourceVersion = '42';
        assert.deepEqual(splice(json), expected, json);
      }
    }
  }
});

it('a value without metadata is refused', () => {
  for (const json of ['{}', '[]', '', '{"metadata":"x"}', '{"spec":{"metadata":{}}}', '{"metadat', '"metadata"']) {
    assert.throws(() => withResourceVersion(Buffer.from(json), 1), TypeError, json);
  }
});
