/** What a check is: one step on the way from this machine to a pod's port. One file each in `checks/`, one row in `table.ts`. */
import type { StatusError } from '../../api/status.ts';
import type { ClientConfig } from '../../client/client-config.ts';
import type { ClusterClient } from '../../client/cluster-client.ts';
import type { ClusterTarget, ReachTarget } from '../reach/target.ts';
import type { Facts } from './facts.ts';
import type { PodProbe } from './probe-pod.ts';
import type { VerbProbe } from './probe-verb.ts';

/** `note`: not as it might be, and not in the way for certain. */
export type OutcomeState = 'ok' | 'note' | 'failed' | 'skipped';

export interface Outcome {
  state: OutcomeState;
  /** A sentence without its end: what was found. */
  says: string;
  /** Shell line that mends it, or shows more. */
  fix?: string;
}

export interface Step extends Outcome {
  check: string;
}

/** The cluster, once a context was found. */
export interface OpenedCluster {
  /** Of the kubeconfig. */
  name: string | undefined;
  config: ClientConfig;
  client: ClusterClient;
}

/** What is known before the cluster is asked. */
export interface Asked {
  target: ReachTarget;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  /** Opens the cluster of this context, or of the command line's; throws ConfigError, UsageError. */
  open(context: string | undefined): Promise<OpenedCluster>;
}

/** What the ports of this machine lead to. */
export interface Led {
  /** Undefined: the command line's. */
  context: string | undefined;
  target: ClusterTarget | undefined;
}

/** A check of objects, which needs nobody but what was read. Undefined: there is nothing to be said of this target. */
export interface ObjectCheck {
  name: string;
  check(facts: Facts): Outcome | undefined;
}

/** A check of what really answers. */
export interface LiveCheck {
  name: string;
  /** `verb`: what the proxy verb led to, where it is the way that is left. */
  check(
    facts: Facts,
    probes: readonly PodProbe[],
    verb: VerbProbe | undefined,
  ): Outcome | undefined | Promise<Outcome | undefined>;
}

export const ok = (says: string): Outcome => ({ state: 'ok', says });
export const note = (says: string, fix?: string): Outcome => ({ state: 'note', says, ...(fix && { fix }) });
export const skipped = (says: string): Outcome => ({ state: 'skipped', says });
export const failed = (says: string, fix?: string): Outcome => ({ state: 'failed', says, ...(fix && { fix }) });

/** What the server refused, for a step. */
export function refused(what: string, error: StatusError): Outcome {
  return failed(`${what} was refused: ${error.message}`);
}
