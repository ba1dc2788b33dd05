/** A request for an upgrade as the kubelet's API hands it to whoever answers it. */
import type { Duplex } from 'node:stream';
import type { HeaderLines } from '../../net/http1/upstream.ts';

export interface UpgradeRequest {
  method: string;
  headers: HeaderLines;
  /** Nothing was answered yet. */
  socket: Duplex;
}
