/** Asks for a page through a gateway, as the browser will. */
import { request } from 'node:http';

export type FirstAnswer =
  /** Of the application, or of the gateway asking for a choice. */
  | { kind: 'answers'; status: number }
  /** The gateway says why not; `mayPass`: it is worth asking again. */
  | { kind: 'refused'; why: string; mayPass: boolean };

/** Rejects only with the signal's reason. `url` is http, below the gateway's name; `patienceMs`: for the whole answer. */
export function firstAnswer(
  url: URL,
  { patienceMs, signal }: { patienceMs: number; signal: AbortSignal },
): Promise<FirstAnswer> {
  return new Promise((resolve, reject) => {
    const silence = AbortSignal.timeout(patienceMs);
    const limit = AbortSignal.any([signal, silence]);
    // Names below localhost are not known to every resolver.
    const asked = request(
      {
        host: 'localhost',
        port: url.port,
        path: url.pathname + url.search,
        headers: { host: url.host, accept: '*/*' },
        signal: limit,
      },
      (answer) => {
        const status = answer.statusCode ?? 0;
        const isStatus = status >= 400 && answer.headers['content-type']?.startsWith('application/json') === true;
        if (!isStatus) {
          resolve({ kind: 'answers', status });
          answer.destroy();
          return;
        }
        let text = '';
        answer.setEncoding('utf8');
        answer.on('data', (chunk: string) => {
          if (text.length < 65_536) text += chunk;
        });
        answer.once('close', () => resolve(judge(status, text)));
      },
    );
    asked.on('error', (error) => {
      if (signal.aborted) reject(signal.reason);
      else if (silence.aborted)
        resolve({ kind: 'refused', why: `it has not answered for ${patienceMs / 1000} s`, mayPass: true });
      else resolve({ kind: 'refused', why: error.message, mayPass: true });
    });
    asked.end();
  });
}

/** The gateway's own answers are Statuses that carry no apiVersion of another kind. */
function judge(status: number, text: string): FirstAnswer {
  try {
    const { kind, status: outcome, message } = JSON.parse(text);
    if (kind === 'Status' && outcome === 'Failure' && typeof message === 'string')
      return { kind: 'refused', why: message, mayPass: status >= 500 };
  } catch {
    // The application's own.
  }
  return { kind: 'answers', status };
}
