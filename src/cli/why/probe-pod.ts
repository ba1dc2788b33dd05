/** Really connects to a pod's port, as a gateway does, and looks at what answers. */
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { StatusError } from '../../api/status.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import { Ways } from '../../gateway/ways.ts';
import { within } from '../../lib/within.ts';

export interface ProbedPod {
  namespace: string;
  pod: string;
  uid: string | undefined;
  port: number;
  /** What the service says that is spoken there. */
  speaks: 'http' | 'https' | 'tcp';
}

/**
 * `refused`: the way stands and nothing listens on the port. `denied`: no right, or the way does not exist. `answered`
 * carries the status of HTTP, where that is spoken. `open`: connected, and silent as raw protocols may be.
 */
export type ProbeResult =
  | { kind: 'answered'; status: number }
  | { kind: 'open' }
  | { kind: 'other'; found: 'http' | 'https' | 'not HTTP' }
  | { kind: 'silent' }
  | { kind: 'refused' | 'broken'; why: string }
  /** `leavesVerb`: a gateway leads HTTP by the proxy verb then. */
  | { kind: 'denied'; why: string; leavesVerb: boolean };

export interface PodProbe extends ProbedPod {
  result: ProbeResult;
}

/** That nothing listens is told by the node soon after; the protocol has no word for success. */
const quietMs = 2000;
const answerMs = 5000;
const lateMs = 300;

export async function probePod(client: ClusterClient, target: ProbedPod, signal: AbortSignal): Promise<PodProbe> {
  if (target.speaks === 'tcp') return { ...target, result: await withStream(client, target, signal, listen) };
  const [first, second] = target.speaks === 'http' ? [askHttp, askHttps] : [askHttps, askHttp];
  const result = await withStream(client, target, signal, first);
  if (result.kind !== 'other' && result.kind !== 'broken') return { ...target, result };
  // What it is instead is asked, not guessed.
  const instead = await withStream(client, target, signal, second);
  if (instead.kind !== 'answered') return { ...target, result };
  return { ...target, result: { kind: 'other', found: target.speaks === 'http' ? 'https' : 'http' } };
}

async function withStream(
  client: ClusterClient,
  { namespace, pod, uid, port }: ProbedPod,
  signal: AbortSignal,
  look: (stream: Duplex, failed: Promise<never>, signal: AbortSignal) => Promise<ProbeResult>,
): Promise<ProbeResult> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs * 2)]);
  let stream: Duplex;
  try {
    stream = await client.portForward({ namespace, pod, port, signal: limit, ...(uid !== undefined && { uid }) });
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    if (!(error instanceof StatusError)) return { kind: 'broken', why };
    return { kind: 'denied', why, leavesVerb: new Ways().portForwardFailed(pod, error) };
  }
  const { promise: failed, reject } = Promise.withResolvers<never>();
  failed.catch(() => {});
  stream.on('error', reject);
  try {
    return await look(stream, failed, limit);
  } catch (error) {
    signal.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    return { kind: /refused/i.test(why) ? 'refused' : 'broken', why };
  } finally {
    stream.destroy();
  }
}

/** What has nothing to say first is open when nobody objects. */
async function listen(stream: Duplex, failed: Promise<never>): Promise<ProbeResult> {
  const said = new Promise<ProbeResult>((resolve) => {
    stream.once('data', () => resolve({ kind: 'open' }));
    stream.once('end', () => resolve({ kind: 'broken', why: 'the pod ended the connection at once' }));
  });
  return within<ProbeResult>(quietMs, { kind: 'open' }, said, failed);
}

async function askHttp(stream: Duplex, failed: Promise<never>): Promise<ProbeResult> {
  stream.write('GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: fairlead-why\r\nConnection: close\r\n\r\n');
  const answer = await within<ProbeResult>(answerMs, { kind: 'silent' }, readAnswer(stream), failed);
  // Why it ended is told a moment later.
  return answer.kind === 'broken' ? within(lateMs, answer, failed) : answer;
}

async function askHttps(stream: Duplex, failed: Promise<never>): Promise<ProbeResult> {
  // Pods have certificates of their own making; what is asked is whether TLS is spoken.
  const tls = connectTls({ socket: stream, rejectUnauthorized: false });
  try {
    const secured = new Promise<'secured' | 'not'>((resolve) => {
      tls.once('secureConnect', () => resolve('secured'));
      tls.once('error', () => resolve('not'));
      tls.once('close', () => resolve('not'));
    });
    const outcome = await within<'secured' | 'not' | 'silent'>(answerMs, 'silent', secured, failed);
    if (outcome === 'silent') return { kind: 'silent' };
    // The failure of the stream itself says more.
    if (outcome === 'not') return await within<ProbeResult>(lateMs, { kind: 'other', found: 'not HTTP' }, failed);
    return await askHttp(tls, failed);
  } finally {
    tls.destroy();
  }
}

function readAnswer(stream: Duplex): Promise<ProbeResult> {
  return new Promise((resolve) => {
    let read = Buffer.alloc(0);
    const judge = (ended: boolean): void => {
      const text = read.toString('latin1');
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1];
      if (status !== undefined) {
        // Servers that expect TLS tell those who speak without it in an answer of 400.
        if (status === '400' && /https|\btls\b/i.test(text)) resolve({ kind: 'other', found: 'https' });
        else if (status !== '400' || ended || text.length > 1024) resolve({ kind: 'answered', status: Number(status) });
      } else if (text === '') {
        if (ended) resolve({ kind: 'broken', why: 'the connection ended without an answer' });
      } else if (ended || text.length > 12) resolve({ kind: 'other', found: read[0] === 0x15 ? 'https' : 'not HTTP' });
    };
    stream.on('data', (chunk: Buffer) => {
      if (read.length < 4096) read = Buffer.concat([read, chunk]);
      judge(false);
    });
    stream.once('end', () => judge(true));
    stream.once('close', () => judge(true));
  });
}
