/** One name of the gateway that leads to nothing: by asking for it a page finds out whether its browser resolves such names. */
import type { ServerExchange } from '../net/http1/server-exchange.ts';
import type { GatewayNames } from './host.ts';
import { hostName } from './host.ts';

/** The first label; the rest is what names of applications end with. No service has a name of one label. */
export const probeLabel = 'fairlead-probe';

export function isProbeHost(host: string, names: GatewayNames): boolean {
  const name = hostName(host);
  return names.suffixes.some((suffix) => name === `${probeLabel}${suffix}`);
}

/** That there is an answer says it all. Nobody learns anything but that a gateway is here, which its port tells as well. */
export function answerProbe(exchange: ServerExchange): void {
  exchange.answer(204, { 'Cache-Control': 'no-store', 'Cross-Origin-Resource-Policy': 'cross-origin' }, '');
}
