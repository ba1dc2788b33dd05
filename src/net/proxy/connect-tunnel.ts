/** A tunnel by CONNECT (RFC 9110, 9.3.6) through an HTTP proxy. */
import type { Duplex } from 'node:stream';
import { formatHead, HeadBuffer, parseResponseHead } from '../http1/head.ts';
import { takeFrom } from './read-exactly.ts';
import type { UpstreamProxy } from './upstream-proxy.ts';
import { ProxyError } from './upstream-proxy.ts';

/** Resolves when bytes pass to `target` (`host:port`). Rejects with ProxyError, or what the stream failed with. */
export async function openConnectTunnel(
  stream: Duplex,
  target: string,
  { username, password }: UpstreamProxy,
  signal: AbortSignal,
): Promise<void> {
  const lines: [string, string][] = [
    ['Host', target],
    ['User-Agent', 'fairlead'],
  ];
  if (username !== undefined || password !== undefined) {
    const pair = Buffer.from(`${username ?? ''}:${password ?? ''}`, 'utf8').toString('base64');
    lines.push(['Proxy-Authorization', `Basic ${pair}`]);
  }
  stream.write(formatHead(`CONNECT ${target} HTTP/1.1`, lines));
  const buffer = new HeadBuffer();
  let fed = 0;
  const text = await takeFrom(
    stream,
    (bytes) => {
      const head = buffer.push(bytes.subarray(fed));
      fed = bytes.length;
      return head && { value: head.text, rest: head.rest };
    },
    signal,
  );
  const { status } = parseResponseHead(text);
  if (status >= 200 && status < 300) return;
  if (status === 407) {
    throw new ProxyError(
      username === undefined ? 'wants a user name and password' : 'refuses the user name and password',
    );
  }
  throw new ProxyError(`answered ${status} when it was asked for a tunnel`);
}
