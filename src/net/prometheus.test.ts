import assert from 'node:assert/strict';
import { test } from 'node:test';
import { metricsText } from './prometheus.ts';

test('metrics are written with help, type, and labels that cannot break out', () => {
  const text = metricsText([
    { name: 'up', type: 'gauge', help: 'Whether it is.', samples: [[{}, 1]] },
    {
      name: 'seconds',
      type: 'histogram',
      help: 'How long.',
      samples: [
        [{ le: '+Inf', of: 'a"b\\c\nd' }, 2, '_bucket'],
        [{}, 0.5, '_sum'],
      ],
    },
  ]);
  assert.equal(
    text,
    [
      '# HELP up Whether it is.',
      '# TYPE up gauge',
      'up 1',
      '# HELP seconds How long.',
      '# TYPE seconds histogram',
      'seconds_bucket{le="+Inf",of="a\\"b\\\\c\\nd"} 2',
      'seconds_sum 0.5',
      '',
    ].join('\n'),
  );
});
