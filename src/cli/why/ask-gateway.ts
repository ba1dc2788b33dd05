/** Asks a port of this machine whether it is a gateway, by plain HTTP or over TLS. */
import { readFile } from 'node:fs/promises';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { rootCertificates, TLSSocket } from 'node:tls';
import { dataRoot } from '../cluster/paths.ts';
import { type RunningGateway, readDescription } from '../proxy/running-gateways.ts';

export type Scheme = 'http' | 'https';

export interface PortAnswer {
  status: number;
  /** Undefined: it is none, or does not say so without a password. */
  gateway: RunningGateway | undefined;
  /** Why its certificate is not trusted here. */
  untrusted: string | undefined;
}

export interface AskedPort {
  port: number;
  /** The name that the client would ask for. */
  host: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

const patienceMs = 2000;
const longest = 1024 * 1024;

/** Undefined where no HTTP is answered in this scheme. */
export async function askGateway(
  scheme: Scheme,
  { port, host, env, signal }: AskedPort,
): Promise<PortAnswer | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const to = { host: 'localhost', port, path: '/.fairlead/gateway', agent: false, signal: limit };
  // Nothing secret is sent; what the certificate is worth is told.
  const tls = async () => ({ servername: host, ca: await authorities(env), rejectUnauthorized: false });
  try {
    const asked = scheme === 'http' ? request(to) : requestTls({ ...to, ...(await tls()) });
    const answer = await answerTo(asked);
    const { socket } = answer;
    const untrusted = socket instanceof TLSSocket && !socket.authorized ? String(socket.authorizationError) : undefined;
    const description = await bodyOf(answer);
    const gateway = readDescription(`${scheme}://localhost:${port}/`, description);
    return { status: answer.statusCode ?? 0, gateway, untrusted };
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

function answerTo(asked: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    asked.once('response', resolve).on('error', reject);
    asked.end();
  });
}

/** Undefined for what is no JSON. */
async function bodyOf(answer: IncomingMessage): Promise<unknown> {
  if (Number(answer.headers['content-length'] ?? 0) > longest || answer.statusCode !== 200) {
    answer.destroy();
    return undefined;
  }
  try {
    return JSON.parse(await text(answer));
  } catch {
    return undefined;
  }
}

/** That of \`proxy --tls\` besides the usual ones. */
async function authorities(env: AskedPort['env']): Promise<string[]> {
  const own = await readFile(join(dataRoot(env), '.gateway-authority', 'ca.crt'), 'utf8').catch(() => undefined);
  return own === undefined ? [...rootCertificates] : [...rootCertificates, own];
}
