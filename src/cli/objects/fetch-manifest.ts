/** `-f URL`: what a web server answers, after the rules of Go's client, which kubectl uses; on any port, which `fetch` refuses. */
import { environmentProxy } from '../../client/proxy-setting.ts';
import { headerValue } from '../../net/http1/headers.ts';
import { openUpstreamPool } from '../../net/http1/pool.ts';
import type { HeaderLines, UpstreamPool, UpstreamResponse } from '../../net/http1/upstream.ts';
import { CommandError, type CommandIo } from '../command.ts';

/** A server that says nothing for so long has forgotten the request. */
const silenceMs = 300_000;
const maxRequests = 10;

/** Throws CommandError for what cannot be read, or the signal's reason. */
export async function fetchManifest(
  address: string,
  env: CommandIo['env'],
  signal: AbortSignal,
): Promise<{ source: string; content: string }> {
  const url = URL.parse(address);
  if (url === null) throw new CommandError(`cannot read ${address}: it is no URL`);
  const source = withoutPassword(address, url);
  await using pool = openUpstreamPool();
  const silence = new AbortController();
  const clock = setTimeout(() => {
    silence.abort(new CommandError(`the server said nothing for ${silenceMs / 1000} s`));
  }, silenceMs);
  try {
    const asked = { pool, env, signal: AbortSignal.any([signal, silence.signal]) };
    const chunks: Buffer[] = [];
    for await (const chunk of await follow(url, asked)) {
      chunks.push(chunk);
      clock.refresh();
    }
    return { source, content: Buffer.concat(chunks).toString('utf8') };
  } catch (error) {
    signal.throwIfAborted();
    throw new CommandError(`cannot read ${source}: ${error instanceof Error ? error.message : error}`);
  } finally {
    clearTimeout(clock);
  }
}

interface Asking {
  pool: UpstreamPool;
  env: CommandIo['env'];
  signal: AbortSignal;
}

/** The body of the answer at the end of the redirects. */
async function follow(first: URL, asking: Asking): Promise<UpstreamResponse['body']> {
  let url = first;
  for (let requests = 1; ; requests += 1) {
    const { status, headers, body } = await request(url, asking);
    if (status === 200) return body;
    body.destroy();
    const location = [301, 302, 303, 307, 308].includes(status) ? headerValue(headers, 'location') : undefined;
    if (!location) throw new CommandError(`the server answered ${status}`);
    if (requests === maxRequests) throw new CommandError(`the server redirected it ${maxRequests} times`);
    const next = URL.parse(location, url);
    if (next === null || !/^https?:$/.test(next.protocol)) {
      throw new CommandError('the server redirected it to what is no http:// or https:// address');
    }
    url = next;
  }
}

function request(url: URL, { pool, env, signal }: Asking): Promise<UpstreamResponse> {
  const secure = url.protocol === 'https:';
  const proxy = environmentProxy(url.href, env);
  const endpoint = {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (secure ? 443 : 80) : Number(url.port),
    ...(secure && { tls: {} }),
    ...(proxy && { proxy }),
  };
  const headers: HeaderLines = [['User-Agent', 'fairlead'], ['Accept', '*/*'], ...login(url)];
  return pool.request(endpoint, { method: 'GET', target: `${url.pathname}${url.search}`, headers, signal });
}

function login({ username, password }: URL): HeaderLines {
  if (username === '' && password === '') return [];
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return [['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]];
}

/** What messages call it. */
function withoutPassword(address: string, url: URL): string {
  if (url.password === '') return address;
  const shown = new URL(url);
  shown.password = 'xxxxx';
  return shown.href;
}
