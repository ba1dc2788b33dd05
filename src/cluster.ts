/** The composition root of the embedded cluster: one process, parts that know each other only through the Kubernetes API. */

import type { ClusterClient } from './client/cluster-client.ts';

export interface ClusterOptions {
  name: string;
  /** Exists and is this cluster's alone. */
  directory: string;
  /** Memory keeps nothing but what `directory` holds while it runs. */
  storage: 'memory' | 'sqlite';
  /** 0: any free port. */
  apiPort: number;
  gatewayPort: number;
  nodes: number;
  /** Image name to the command line that stands for it. */
  images: ReadonlyMap<string, string>;
  tokenFile?: string;
  /** Lines for the log: defects, and what a person must know. */
  log(line: string): void;
}

export interface ClusterCredentials {
  caPem: string;
  /** Client certificate of an administrator (group system:masters). */
  certPem: string;
  keyPem: string;
}

export interface Cluster extends AsyncDisposable {
  apiUrl: string;
  gatewayUrl: string;
  admin: ClusterCredentials;
  /** With the administrator's rights. */
  client: ClusterClient;
  /** The modes it runs in and their limits, a sentence each. */
  modes: readonly string[];
  /** From the start of this process to the first good answer of /readyz. */
  readyMilliseconds: number;
  /** Settles when every node is Ready. */
  nodesReady: Promise<void>;
}
