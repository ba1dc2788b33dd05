/** Whether the right that a forward lives by is missing. */
import type { Destination } from '../../gateway/destination.ts';
import { mayI } from '../why/checks/rights.ts';

const patienceMs = 5000;
/** A right that was there is seldom taken away; one that is missing may be granted at any time. */
const knownMs = { there: 60_000, missing: 3000 };

/** Of one forward. */
export class ForwardRight {
  #known: { key: string; answer: Promise<string | undefined>; until: number } | undefined;

  /** A sentence, where the server says that it may not be; never rejects. What is not told counts as granted. */
  missing(destination: Destination, signal: AbortSignal): Promise<string | undefined> {
    const [first] = destination.candidates;
    if (first === undefined) return Promise.resolve(undefined);
    const key = `${first.namespace}/${first.pod} ${destination.whyNotPortForward ?? ''}`;
    if (this.#known?.key === key && this.#known.until > Date.now()) return this.#known.answer;
    const known = { key, answer: ask(destination, first, signal), until: Number.POSITIVE_INFINITY };
    this.#known = known;
    void known.answer.then((why) => {
      known.until = Date.now() + (why === undefined ? knownMs.there : knownMs.missing);
    });
    return known.answer;
  }
}

async function ask(
  { context: { client }, whyNotPortForward }: Destination,
  { namespace, pod }: { namespace: string; pod: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const may = (verb: string): Promise<boolean> =>
    mayI(client, { verb, resource: 'pods', subresource: 'portforward', namespace, name: pod }, limit);
  try {
    if (await may('create')) return undefined;
    // Servers before 1.35 ask WebSockets for "get": then only what really was refused tells.
    if (whyNotPortForward === undefined && (await may('get'))) return undefined;
  } catch {
    return undefined;
  }
  return `you may not create pods/portforward in the namespace "${namespace}", and a forward has no other way: ask for that right, or reach HTTP by "fairlead open" or "fairlead proxy", which can use the proxy verb`;
}
