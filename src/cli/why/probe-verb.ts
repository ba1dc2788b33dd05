/** HTTP by the API server's proxy verb: the way that is left where no port-forward may be opened. */
import type { Readable } from 'node:stream';
import type { ClusterClient } from '../../client/cluster-client.ts';
import { isRecord } from '../../lib/is-record.ts';

/** `unasked`: the port does not say that it is HTTP. `denied`: no right. `broken`: the API server could not reach it. */
export type VerbResult =
  | { kind: 'answered'; status: number }
  | { kind: 'unasked' }
  | { kind: 'denied' | 'broken'; why: string };

export interface VerbProbe {
  to: string;
  result: VerbResult;
}

const answerMs = 10_000;
/** A Status is short; longer answers are an application's. */
const longest = 65_536;

/** `path`: that of the application's root. */
export async function askByVerb(client: ClusterClient, path: string, signal: AbortSignal): Promise<VerbResult> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(answerMs)]);
  try {
    const { status, body } = await client.request({ method: 'GET', path, signal: limit });
    if (status < 400) {
      body.destroy();
      return { kind: 'answered', status };
    }
    const why = refusalIn(await startOf(body));
    if (why === undefined) return { kind: 'answered', status };
    return { kind: status === 403 ? 'denied' : 'broken', why };
  } catch (error) {
    signal.throwIfAborted();
    if (limit.aborted) return { kind: 'broken', why: `no answer for ${answerMs / 1000} s` };
    return { kind: 'broken', why: error instanceof Error ? error.message : String(error) };
  }
}

async function startOf(body: Readable): Promise<string> {
  let text = '';
  for await (const chunk of body.setEncoding('utf8')) {
    text += String(chunk);
    if (text.length >= longest) break;
  }
  return text;
}

/** What the API server itself says: undefined where the application answered. */
function refusalIn(text: string): string | undefined {
  if (text.startsWith('error trying to reach service')) return text.trim();
  try {
    const said: unknown = JSON.parse(text);
    if (!isRecord(said) || said.kind !== 'Status' || said.apiVersion !== 'v1') return undefined;
    return typeof said.message === 'string' ? said.message : undefined;
  } catch {
    return undefined;
  }
}
