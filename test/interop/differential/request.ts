/** One request of the differential test, and what both servers answered, made comparable. */
import { once } from 'node:events';
import { Agent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';

/** Answers so far by the name of their request: bodies may quote their uid or resourceVersion. */
export type Earlier = ReadonlyMap<string, Answer>;

export interface Question {
  /** Also how later requests and the table of known differences name it. */
  name: string;
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  path: string | ((earlier: Earlier) => string);
  headers?: Readonly<Record<string, string>>;
  /** Sent as JSON unless it is a string. */
  body?: unknown;
  /** Cuts both answers to what can be compared. */
  select?: (body: unknown) => unknown;
}

export interface Answer {
  code: number;
  contentType: string;
  warning: string;
  body: unknown;
}

export class Server implements Disposable {
  readonly #url: string;
  readonly #token: string;
  readonly #agent: Agent;
  readonly #earlier = new Map<string, Answer>();

  constructor(url: string, token: string) {
    this.#url = url;
    this.#token = token;
    this.#agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
  }

  async ask(question: Question): Promise<Answer> {
    const { name, method = 'GET', path, headers = {}, body } = question;
    const where = typeof path === 'string' ? path : path(this.#earlier);
    const given: unknown = typeof body === 'function' ? body(this.#earlier) : body;
    const content = typeof given === 'string' ? given : JSON.stringify(given);
    const sending = httpsRequest(`${this.#url}${where}`, {
      method,
      agent: this.#agent,
      headers: {
        Authorization: `Bearer ${this.#token}`,
        ...(content === undefined
          ? {}
          : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(content)) }),
        ...headers,
      },
    });
    sending.end(content);
    const [response] = await once(sending, 'response');
    const received = await text(response);
    const answer: Answer = {
      code: response.statusCode,
      contentType: response.headers['content-type'] ?? '',
      warning: String(response.headers.warning ?? ''),
      body: parsed(received),
    };
    this.#earlier.set(name, answer);
    return answer;
  }

  [Symbol.dispose](): void {
    this.#agent.destroy();
  }
}

/** A JSON document, or several (a watch), or the text itself. */
function parsed(content: string): unknown {
  if (!/^\s*[{[]/.test(content)) return content;
  try {
    return JSON.parse(content);
  } catch {
    try {
      return content
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    } catch {
      return content;
    }
  }
}

const volatile: readonly [RegExp, string][] = [
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/generated-[a-z0-9]{5}\b/g, 'generated-XXXXX'],
  [/^kube-api-access-[a-z0-9]{5}$/g, 'kube-api-access-XXXXX'],
  [/^(\d+[smh])+$/g, 'AGE'],
  [/^10\.96\.\d+\.\d+$/g, 'ADDRESS'],
  [/resource version: \d+/g, 'resource version: N'],
  [/\b(\d+):3[0-2]\d{3}\/TCP/g, '$1:PORT/TCP'],
  [/current: \d+/g, 'current: N'],
  [/record \(\d+\)/g, 'record (N)'],
  [/\\?"resourceVersion\\?":\\?"\d+\\?"/g, '"resourceVersion":"N"'],
];

/** The answer without what differs from one run to the next: uids, times, versions, generated suffixes. */
export function comparable(answer: Answer, { select = (body) => body }: Question): unknown {
  return { ...answer, body: normalised(select(answer.body)) };
}

function normalised(value: unknown, key = ''): unknown {
  if (typeof value === 'string') {
    if (key === 'resourceVersion' && /^\d+$/.test(value)) return 'N';
    if (key === 'continue' && value !== '') return 'TOKEN';
    return volatile.reduce((text, [pattern, by]) => text.replace(pattern, by), value);
  }
  if (typeof value === 'number') return key === 'nodePort' ? 'PORT' : value;
  if (key === 'managedFields' && Array.isArray(value)) return owners(value);
  if (key === 'causes' && Array.isArray(value)) return causes(value);
  if (Array.isArray(value)) return value.map((item) => normalised(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, normalised(item, name)]));
}

/** By what they are called, since their order is that of times; without controllers, which the other side has none of. */
function owners(entries: unknown[]): unknown {
  const kept = byText(
    entries.filter((entry) => !/"manager":"fairlead-/.test(JSON.stringify(entry))).map((entry) => normalised(entry)),
  );
  return kept.length === 0 ? undefined : kept;
}

/** kube-apiserver lists the managers that a change conflicts with in the order of a map of Go, which is another each time. */
function causes(entries: unknown[]): unknown {
  const all = entries.map((entry) => normalised(entry));
  const isConflict = all.every((entry) => JSON.stringify(entry).includes('"reason":"FieldManagerConflict"'));
  return isConflict ? byText(all) : all;
}

function byText(entries: unknown[]): unknown[] {
  return entries.sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** Where two comparable answers part: "body.message: X instead of Y", at most `most` lines. */
export function differences(ours: unknown, theirs: unknown, at = '', most = 12): string[] {
  if (Object.is(ours, theirs)) return [];
  if (typeof ours !== 'object' || typeof theirs !== 'object' || ours === null || theirs === null) {
    return [`${at}: ${JSON.stringify(ours)} instead of ${JSON.stringify(theirs)}`];
  }
  const [left, right] = [new Map(Object.entries(ours)), new Map(Object.entries(theirs))];
  const keys = new Set([...left.keys(), ...right.keys()]);
  return [...keys]
    .flatMap((key) => differences(left.get(key), right.get(key), at === '' ? key : `${at}.${key}`, most))
    .slice(0, most);
}
