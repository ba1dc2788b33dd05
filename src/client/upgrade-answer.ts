/** What an answer to a request for an upgrade means. */
import type { Duplex } from 'node:stream';
import type { HeaderLines, UpgradeResult } from '../net/http1/upstream.ts';
import { HandshakeError } from '../net/websocket/handshake.ts';
import { beginningOf, readBody, reasonOf, statusError, statusOf } from './response-body.ts';
import { UpgradeRefusedError } from './upgrade-refused.ts';

export interface Switched {
  protocol: string;
  stream: Duplex;
  headers: HeaderLines;
}

/**
 * The stream of a valid 101; `finish` returns the protocol that its headers name, or throws HandshakeError. Throws
 * StatusError for an answer with a Status, UpgradeRefusedError for any other one, redirects too (CVE-2020-8559).
 */
export async function switched(
  server: string,
  result: UpgradeResult,
  finish: (headers: HeaderLines) => string,
): Promise<Switched> {
  if (!result.upgraded) {
    const { status } = result;
    const body = await readBody(result.body);
    const said = statusOf(body);
    if (status >= 400 && said !== undefined) throw statusError(said, status);
    const text = beginningOf(body);
    const what = `it answered ${status}${text === '' ? '' : `: ${text}`}`;
    throw new UpgradeRefusedError({ server, what, ...(status >= 400 && { code: status, reason: reasonOf(status) }) });
  }
  try {
    return { protocol: finish(result.headers), stream: result.stream, headers: result.headers };
  } catch (error) {
    result.stream.destroy();
    if (!(error instanceof HandshakeError)) throw error;
    throw new UpgradeRefusedError({ server, what: error.message });
  }
}
