import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '../../api/status.ts';
import { answerLine, statusLine } from './status-line.ts';

function invalid(details?: ConstructorParameters<typeof StatusError>[0]['details']): StatusError {
  return new StatusError({ code: 422, reason: 'Invalid', message: 'all of it', ...(details && { details }) });
}

test('an object with several faults has a line for each, with one a single line', () => {
  const pod = { kind: 'Pod', name: 'P_1' };
  const cause = (field: string, message: string) => ({ reason: 'FieldValueInvalid', field, message });
  const faults = [cause('metadata.name', 'bad'), cause('spec', 'worse \u001b[31m'), cause('metadata.name', 'bad')];
  assert.equal(
    statusLine(invalid({ ...pod, causes: faults })),
    'The Pod "P_1" is invalid: \n* metadata.name: bad\n* spec: worse \\x1b[31m',
  );
  assert.equal(
    statusLine(invalid({ ...pod, causes: faults.slice(0, 1) })),
    'The Pod "P_1" is invalid: metadata.name: bad',
  );
  assert.equal(statusLine(invalid({ causes: faults.slice(0, 1) })), 'The request is invalid: metadata.name: bad');
  for (const nothing of [invalid(), invalid({})])
    assert.equal(statusLine(nothing), 'The request is invalid: all of it');
  assert.equal(answerLine(invalid({ ...pod, causes: faults })), 'Error from server (Invalid): all of it');
  const nameless = answerLine(invalid({ causes: faults.slice(0, 1) }));
  assert.equal(nameless, 'Error from server (Invalid): The request is invalid: metadata.name: bad');
});
