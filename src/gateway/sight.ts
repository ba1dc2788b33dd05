/** What the gateway shows of itself to its page. */
import type { ServiceTarget } from './destination.ts';
import type { OpenedPort } from './fixed-ports.ts';
import type { Carrier, Part } from './metrics.ts';
import type { RecentError } from './recent-errors.ts';

export interface Activity {
  /** Requests so far. */
  requests: number;
  inFlight: Readonly<Record<Part, number>>;
  /** Upgraded connections of clients (WebSockets, exec, port-forwards through the API) that are open. */
  upgraded: number;
  /** Raw connections that are open. */
  streams: Readonly<Record<Carrier, number>>;
  errors: readonly RecentError[];
}

export interface GatewaySight {
  /** What the names of applications end with, each with its dot. */
  suffixes: readonly string[];
  activity(): Activity;
  ports: PortSight;
}

/** Local ports that lead to one service each. */
export interface PortSight {
  list(): readonly OpenedPort[];
  /** Absent: the page may open none. Rejects with ListenError. */
  open?(target: ServiceTarget): Promise<OpenedPort>;
  /** False: no such port was opened by the page. */
  close?(port: number): Promise<boolean>;
}
