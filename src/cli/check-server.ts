/** Whether a cluster can be used at all: asked once by commands that begin to serve before they need it. */
import type { ClusterClient } from '../client/cluster-client.ts';
import { escapeControls } from './print/escape.ts';
import { unknownUser } from './print/status-line.ts';

export interface ServerCheck {
  client: ClusterClient;
  /** The server's URL, for messages. */
  server: string;
  /** Ends the check without a word. */
  signal: AbortSignal;
  /** Goes before what is said, where there are several clusters: `context "dev": `. */
  about?: string;
  /** Told one sentence without its newline, safe for a terminal. */
  warn(sentence: string): void;
  /** Whether this failure of a request was told by others. */
  isTold?(error: unknown): boolean;
  /** After this time without an answer that is told, and the answer still waited for: a login may be under way. */
  patienceMs?: number;
}

/**
 * Asks for /version and tells what is wrong: the server cannot be reached, keeps silent, refuses the credentials or is no
 * API server. A missing right to read the version is no trouble. Never rejects.
 */
export async function checkServer({
  client,
  server,
  signal,
  about = '',
  warn,
  isTold,
  patienceMs = 15_000,
}: ServerCheck): Promise<void> {
  const tell = (trouble: string): void => {
    if (!signal.aborted) warn(escapeControls(`warning: ${about}${trouble}`));
  };
  const patience = setTimeout(() => {
    const seconds = patienceMs / 1000;
    tell(`no answer from the API server ${server} for ${seconds} s: check that it is well, or finish the login`);
  }, patienceMs);
  try {
    const { server: asked, status, body } = await client.request({ method: 'GET', path: '/version', signal });
    body.destroy();
    if (status === 401) tell(unknownUser);
    else if (status !== 200 && status !== 403)
      tell(`${asked} answers /version with ${status}: check that it is the address of an API server, and well`);
  } catch (error) {
    if (isTold?.(error) !== true) tell(error instanceof Error ? error.message : String(error));
  } finally {
    clearTimeout(patience);
  }
}
