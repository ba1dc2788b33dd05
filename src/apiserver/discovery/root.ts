import { apiRoot } from '../../api/group-version.ts';
import { sendObject } from '../answer.ts';
import { negotiate } from '../negotiate.ts';
import type { Catalog } from './catalog.ts';
import type { PathHandler } from './route.ts';

const OTHERS = ['/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/readyz', '/version'];

/** `/`: the paths below which there is something. */
export function rootPaths(catalog: () => Catalog): PathHandler {
  return (exchange) => {
    if (exchange.info.path !== '/') return undefined;
    const apis = catalog().groups.flatMap(({ group, versions }) => [
      ...(group === '' ? ['/api'] : ['/apis', `/apis/${group}`]),
      ...versions.map(({ version }) => apiRoot({ group, version })),
    ]);
    const paths = [...new Set([...apis, ...OTHERS])].sort();
    return sendObject(exchange, 200, { paths }, negotiate(exchange.request.headers.accept));
  };
}
