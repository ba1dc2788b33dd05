/** `POST` and `DELETE /.fairlead/ports`: the page opens a local port for a service, and closes it again. */
import { parseServiceTarget } from '../gateway/forward-spec.ts';
import { ListenError } from '../gateway/listeners.ts';
import type { PageRequest, PageResponse } from '../gateway/page-handler.ts';
import type { PortSight } from '../gateway/sight.ts';
import { pageHeaders } from './page-files.ts';

export const portsPath = '/.fairlead/ports';

/** No form and no link can send it, and a page of another origin would have to ask first. */
const ownHeader = 'x-fairlead-page';

/**
 * `?to=[ALIAS/]NAMESPACE/SERVICE:PORT` opens, `?port=NUMBER` with DELETE closes. The gateway has checked Host, Origin and
 * Sec-Fetch-Site. Answers every request: JSON, with `message` where it was refused.
 */
export async function answerPortRequest(
  request: PageRequest,
  response: PageResponse,
  ports: PortSight | undefined,
): Promise<void> {
  const answer = (status: number, body: object): void =>
    response.send(
      status,
      { ...pageHeaders, 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
      `${JSON.stringify(body)}\n`,
    );
  if (request.headers.get(ownHeader) !== '1') {
    answer(403, { message: 'Only the page of the gateway may do this.' });
    return;
  }
  if (ports?.open === undefined || ports.close === undefined) {
    answer(403, { message: 'This gateway opens no ports for its page. Start it with --forward for each of them.' });
    return;
  }
  const query = new URLSearchParams(request.query);
  if (request.method === 'DELETE') {
    const port = Number(query.get('port'));
    if (await ports.close(port)) answer(200, { port });
    else answer(404, { message: 'The page has opened no such port; those of --forward stay until the gateway stops.' });
    return;
  }
  const target = parseServiceTarget(query.get('to') ?? '');
  if (target === undefined) {
    answer(400, { message: 'Name a service as [ALIAS/]NAMESPACE/SERVICE:PORT.' });
    return;
  }
  try {
    answer(201, await ports.open(target));
  } catch (error) {
    if (!(error instanceof ListenError)) throw error;
    answer(409, { message: error.message });
  }
}
