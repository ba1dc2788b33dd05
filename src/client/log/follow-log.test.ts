import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { isReason } from '../../api/status.ts';
import type { Pod } from '../../api/types/core-v1.ts';
import { openClusterClient } from '../cluster-client-http.ts';
import { answerJson, answerStatus, scriptedServer } from '../scripted-server.ts';
import { followLog, type LogIncident } from './follow-log.ts';

interface Line {
  time: string;
  text: string;
}

/** What a node has of a container: the runs' lines, and how it stands. */
interface Container {
  runs: Line[][];
  running: boolean;
  policy: 'Always' | 'Never';
  gone: boolean;
  /** What the status tells of restarts; default: one for each run after the first. */
  restarts?: number;
}

const at = (second: number, nano: number): string => `2026-01-01T00:00:0${second}.${String(nano).padStart(9, '0')}Z`;
const line = (second: number, nano: number, text: string): Line => ({ time: at(second, nano), text });

function podOf({ runs, running, policy, restarts = runs.length - 1 }: Container): Pod {
  const state = running ? { running: {} } : { terminated: { exitCode: 1 } };
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'n', uid: 'u' },
    spec: { restartPolicy: policy, containers: [{ name: 'c' }] },
    status: {
      phase: running || policy === 'Always' ? 'Running' : 'Failed',
      containerStatuses: [{ name: 'c', image: '', imageID: '', ready: true, restartCount: restarts, state }],
    },
  };
}

/** Lines as a kubelet tells them, which takes `sinceTime` in whole seconds. */
function told(run: readonly Line[], query: URLSearchParams): string {
  const since = Date.parse(query.get('sinceTime') ?? '') / 1000;
  const from = Number.isNaN(since) ? run : run.filter(({ time }) => Date.parse(time) / 1000 >= Math.floor(since));
  const tail = query.get('tailLines');
  const shown = tail === null ? from : from.slice(from.length - Math.min(from.length, Number(tail)));
  return shown.map(({ time, text }) => `${time} ${text}\n`).join('');
}

type Stream = (response: ServerResponse, query: URLSearchParams) => void;

/** Follows the log; each answer to a request that follows is given by the next of `streams`. */
async function followed(
  container: Container,
  streams: Stream[],
  options: { timestamps?: boolean; tailLines?: number; startTimeoutMs?: number } = {},
): Promise<{ text: string; incidents: LogIncident[]; requests: string[] }> {
  await using server = await scriptedServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://server');
    if (!url.pathname.endsWith('/log')) {
      if (container.gone) answerStatus(response, 404, 'NotFound');
      else answerJson(response, 200, podOf(container));
      return;
    }
    if (url.searchParams.get('previous') === 'true') {
      response.end(told(container.runs.at(-2) ?? [], url.searchParams));
      return;
    }
    if (url.searchParams.get('follow') !== 'true') {
      response.end(told(container.runs.at(-1) ?? [], url.searchParams));
      return;
    }
    const stream = streams.shift();
    if (stream === undefined) response.end(told(container.runs.at(-1) ?? [], url.searchParams));
    else stream(response, url.searchParams);
  });
  await using client = openClusterClient(server.config);
  const incidents: LogIncident[] = [];
  const pieces: Buffer[] = [];
  const lines = followLog(
    client,
    { namespace: 'n', name: 'p' },
    { ...options, container: 'c', signal: new AbortController().signal, onIncident: (one) => incidents.push(one) },
  );
  for await (const piece of lines) pieces.push(piece);
  return { text: Buffer.concat(pieces).toString(), incidents, requests: server.requests };
}

const kinds = (incidents: readonly LogIncident[]): string[] => incidents.map(({ kind }) => kind);

/** Tells so much of what there is, and cuts the connection. */
const cutAfter =
  (container: Container, bytes: number, then: () => void = () => {}): Stream =>
  (response, query) => {
    response.writeHead(200);
    response.write(told(container.runs.at(-1) ?? [], query).slice(0, bytes), () => {
      then();
      response.destroy();
    });
  };

const ends =
  (container: Container, then: () => void = () => {}): Stream =>
  (response, query) => {
    then();
    response.end(told(container.runs.at(-1) ?? [], query));
  };

function single(lines: Line[], more: Partial<Container> = {}): Container {
  return { runs: [lines], running: false, policy: 'Never', gone: false, ...more };
}

test('cut anywhere, a log comes whole, each line once', async () => {
  // Two of one time, one that is earlier than the line before it, an empty one, and a second that goes on.
  const lines = [
    line(1, 5, 'one'),
    line(1, 5, 'two of the same time'),
    line(1, 7, 'three'),
    line(1, 6, 'earlier than three'),
    line(2, 1, ''),
    line(2, 1, ''),
    line(2, 2, 'last'),
  ];
  const whole = lines.map(({ text }) => `${text}\n`).join('');
  const size = told(lines, new URLSearchParams()).length;
  for (let cut = 0; cut <= size; cut++) {
    const container = single(lines, { running: true });
    const stop = (): void => {
      container.running = false;
    };
    const { text, incidents } = await followed(container, [cutAfter(container, cut), ends(container, stop)]);
    assert.equal(text, whole, `cut after ${cut} bytes`);
    assert.deepEqual(kinds(incidents), ['broken', 'resumed']);
  }
});

test('cut again and again, while lines go on to come', async () => {
  const container = single([], { running: true });
  const lines = Array.from({ length: 40 }, (_, i) => line(Math.floor(i / 8), i, `line ${i}`));
  let seed = 7;
  const random = (below: number): number => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const streams: Stream[] = [];
  while (lines.length > 0) {
    const more = lines.splice(0, 1 + random(6));
    streams.push((response, query) => {
      container.runs.at(-1)?.push(...more);
      cutAfter(container, random(400))(response, query);
    });
  }
  streams.push(
    ends(container, () => {
      container.running = false;
    }),
  );
  const { text } = await followed(container, streams);
  assert.equal(text, Array.from({ length: 40 }, (_, i) => `line ${i}\n`).join(''));
});

test('lines that are no longer kept after a cut are told of', async () => {
  const container = single([line(1, 1, 'a'), line(1, 2, 'b')], { running: true });
  const rotate = (): void => {
    container.runs[0]?.splice(0, 2, line(1, 4, 'd'), line(2, 1, 'e'));
  };
  const stop = (): void => {
    container.running = false;
  };
  const streams = [cutAfter(container, 1000, rotate), cutAfter(container, 1000), ends(container, stop)];
  const { text, incidents } = await followed(container, streams);
  assert.equal(text, 'a\nb\nd\ne\n');
  assert.deepEqual(kinds(incidents), ['broken', 'resumed', 'lost', 'broken', 'resumed']);
});

test('times are shown where they are wanted, and spelled as they came', async () => {
  const container = single(
    [
      { time: '2026-01-01T02:00:01.5+02:00', text: 'east' },
      { time: '2026-01-01T00:00:01.500000001Z', text: 'zero' },
    ],
    { running: true },
  );
  const all = told(container.runs[0] ?? [], new URLSearchParams());
  const stop = (): void => {
    container.running = false;
  };
  const streams = [cutAfter(container, all.length), ends(container, stop)];
  assert.equal((await followed(container, streams, { timestamps: true })).text, all);
});

test('lines that were not wanted do not come after a cut either', async () => {
  const lines = [line(1, 1, 'old'), line(1, 2, 'older than the tail'), line(1, 3, 'wanted')];
  for (const tailLines of [0, 1]) {
    const container = single([...lines], { running: true });
    const { text } = await followed(
      container,
      [
        cutAfter(container, 1000, () => container.runs[0]?.push(line(1, 4, 'new'))),
        ends(container, () => {
          container.running = false;
        }),
      ],
      { tailLines },
    );
    assert.equal(text, tailLines === 0 ? 'new\n' : 'wanted\nnew\n');
  }
});

test('a restarted container is followed on, with what its last run wrote after the cut', async () => {
  const container = single([line(1, 1, 'first run')], { running: true, policy: 'Always' });
  const restart = (): void => {
    container.runs[0]?.push(line(1, 2, 'unseen at the cut'));
    container.runs.push([line(2, 1, 'second run')]);
  };
  const stop = (): void => {
    container.running = false;
    container.policy = 'Never';
  };
  const { text, incidents } = await followed(container, [cutAfter(container, 1000, restart), ends(container, stop)]);
  assert.equal(text, 'first run\nunseen at the cut\nsecond run\n');
  assert.deepEqual(kinds(incidents), ['broken', 'restarted']);
});

test('between two runs it waits; runs that came and went unseen are told', async () => {
  const container = single([line(1, 1, 'first')], { running: true, policy: 'Always' });
  let looks = 0;
  Object.defineProperty(container, 'running', {
    get() {
      // Over when it is looked at, until it was three times.
      if (container.runs.length === 1 && ++looks > 3) container.runs.push([], [line(3, 1, 'third')]);
      return container.runs.length > 1;
    },
  });
  const stop = (): void => {
    container.gone = true;
  };
  const { text, incidents } = await followed(container, [ends(container), ends(container, stop)]);
  assert.equal(text, 'first\nthird\n');
  assert.deepEqual(incidents, [
    { kind: 'missed', runs: 1 },
    { kind: 'restarted', restarts: 2 },
  ]);
});

test('a run that is over is told from the next one, also where its status comes late', async () => {
  const container = single([line(1, 1, 'first')], { running: true, policy: 'Always' });
  let looks = 0;
  let restarts = 0;
  Object.defineProperty(container, 'restarts', {
    get() {
      // The log has ended, and the next run has begun, before the status tells of it.
      if (container.runs.length > 1 && ++looks > 2) restarts = 1;
      return restarts;
    },
  });
  const restart = (): void => {
    container.runs.push([line(2, 1, 'second')]);
  };
  const endsBefore: Stream = (response, query) => {
    response.end(told(container.runs[0] ?? [], query));
    restart();
  };
  const stop = (): void => {
    container.running = false;
    container.policy = 'Never';
  };
  const { text, incidents } = await followed(container, [endsBefore, ends(container, stop)]);
  assert.equal(text, 'first\nsecond\n');
  assert.deepEqual(incidents, [{ kind: 'restarted', restarts: 1 }]);
});

test('a stream that the server ends while the container runs goes on as if nothing were', async () => {
  const container = single([line(1, 1, 'a')], { running: true });
  const { text, incidents } = await followed(container, [
    ends(container),
    ends(container, () => {
      container.runs[0]?.push(line(1, 2, 'b'));
      container.running = false;
    }),
  ]);
  assert.equal(text, 'a\nb\n');
  assert.deepEqual(kinds(incidents), ['resumed']);
});

test('an end without a line end stays one, and a part that was told is not told again', async () => {
  const container = single([], { running: true });
  const { text } = await followed(container, [
    (response) => response.end(`${at(1, 1)} prompt> `),
    (response) => {
      container.running = false;
      response.end(`${at(1, 1)} prompt> answer\n${at(1, 2)} end`);
    },
  ]);
  assert.equal(text, 'prompt> answer\nend');
});

test('the end: the pod is gone, a right is missing, the container never starts', async () => {
  const container = single([line(1, 1, 'a')], { running: true });
  const gone = cutAfter(container, 1000, () => {
    container.gone = true;
  });
  assert.equal((await followed(container, [gone])).text, 'a\n');

  const refused: Stream = (response) => answerStatus(response, 403, 'Forbidden');
  await assert.rejects(followed(single([], { running: true }), [refused]), (error) => isReason(error, 'Forbidden'));

  const waits: Stream = (response) => answerStatus(response, 400, 'BadRequest');
  const starting = { ...single([]), policy: 'Always' as const };
  const never = followed(
    starting,
    Array.from({ length: 100 }, () => waits),
    { startTimeoutMs: 1 },
  );
  await assert.rejects(never, (error) => isReason(error, 'BadRequest'));
});
