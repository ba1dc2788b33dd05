/** Whether the API server answers at all, and as what. */
import { isRecord } from '../../../lib/is-record.ts';
import { failed, note, type OpenedCluster, type Outcome, ok } from '../check.ts';

const patienceMs = 15_000;

export async function checkServer({ client, config, name }: OpenedCluster, signal: AbortSignal): Promise<Outcome> {
  let { server } = config;
  const fix = `fairlead config view --minify${name === undefined ? '' : ` --context ${name}`}`;
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const answer = await client.request({ method: 'GET', path: '/version', signal: limit });
    ({ server } = answer);
    const text = Buffer.concat(await answer.body.toArray({ signal: limit })).toString();
    if (answer.status === 401 || answer.status === 403) return ok(`${server} answers`);
    if (answer.status !== 200)
      return failed(`${server} answers /version with ${answer.status}: is it an API server?`, fix);
    const version: unknown = JSON.parse(text);
    const git = isRecord(version) && typeof version.gitVersion === 'string' ? version.gitVersion : undefined;
    if (git === undefined) return failed(`${server} is no API server: its /version is something else`, fix);
    const down = client.servers.list().filter(({ state }) => state !== 'ready' && state !== 'untested');
    if (down.length > 0) return note(`${server} answers as ${git}; not well: ${down.map(({ url }) => url).join(', ')}`);
    return ok(`${server} answers as ${git}`);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof SyntaxError) return failed(`${server} is no API server: its /version is no JSON`, fix);
    const says =
      error instanceof Error && error.name !== 'TimeoutError'
        ? error.message
        : `${server} does not answer within ${patienceMs / 1000} s`;
    return failed(says.replace(/\.$/, ''), fix);
  }
}
