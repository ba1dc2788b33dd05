/** The gateway that leads to a service: one that runs, or one of this command's own. */
import type { GatewayContext } from '../../gateway/contexts.ts';
import { ListenError } from '../../gateway/listeners.ts';
import { type Gateway, startGateway } from '../../gateway/start.ts';
import { uiHandler } from '../../ui/server.ts';
import type { CommandIo } from '../command.ts';
import type { GlobalFlags } from '../flags.ts';
import { openContexts } from '../proxy/open-contexts.ts';
import { recordReach, runningGateways } from '../proxy/running-gateways.ts';
import { gatewayUrl, type NamedService, serviceUrl } from './gateway-url.ts';

export const gatewayPort = 8001;

export interface Place extends AsyncDisposable {
  url: string;
  /** Undefined: somebody else's. */
  gateway: Gateway | undefined;
}

export interface PlaceOptions {
  name: string | undefined;
  server: string;
  globals: GlobalFlags;
  port: number | undefined;
  io: CommandIo;
  signal: AbortSignal;
  log(line: string): void;
}

/** A gateway that runs leads there with the rights of its own start: who asks as somebody else gets one of its own. */
export async function findPlace(service: NamedService, options: PlaceOptions): Promise<Place> {
  const { name, server, globals, io, signal } = options;
  const asOther =
    globals.token !== undefined ||
    globals.as !== undefined ||
    globals.user !== undefined ||
    globals['client-certificate'] !== undefined;
  if (!asOther && options.port === undefined) {
    const url = gatewayUrl(await runningGateways(io.env, signal), { name, server }, service);
    if (url !== undefined) return { url, gateway: undefined, async [Symbol.asyncDispose]() {} };
  }
  await using parts = new AsyncDisposableStack();
  const opened = parts.use(
    await openContexts({ contexts: globals.context === undefined ? [] : [globals.context], all: false, globals }, io),
  );
  const gateway = parts.use(await startOwn(opened.contexts[0], options));
  const base = gateway.url ?? '';
  parts.use(await recordReach(io.env, { gateway: base }));
  const running = parts.move();
  return { url: serviceUrl(base, undefined, service), gateway, [Symbol.asyncDispose]: () => running.disposeAsync() };
}

/** On its usual port; where that was not asked for and is in use, on any. */
async function startOwn(context: GatewayContext, { port, signal, log }: PlaceOptions): Promise<Gateway> {
  const start = (at: number): Promise<Gateway> =>
    startGateway({
      contexts: [context],
      listen: { host: 'localhost', port: at },
      page: (sight) => uiHandler({ contexts: [context], sight, signal }),
      signal,
      log,
    });
  try {
    return await start(port ?? gatewayPort);
  } catch (error) {
    if (!(error instanceof ListenError) || port !== undefined) throw error;
    return start(0);
  }
}
