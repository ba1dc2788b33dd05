/** A tunnel: a port of this machine that leads to a port of a pod, for any program that speaks TCP. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Cluster } from 'fairlead/client';

/** Resolves with the local port (`localPort` 0: any free one) when it listens; ends with the signal. */
export async function openTunnel(
  cluster: Cluster,
  { namespace, pod, port, localPort = 0 }: { namespace: string; pod: string; port: number; localPort?: number },
  signal: AbortSignal,
): Promise<number> {
  const door = cluster.pod(namespace, pod);
  const server = createServer({ allowHalfOpen: true }, async (socket) => {
    socket.on('error', () => {});
    try {
      const stream = await door.portForward(port, { signal });
      await pipeline(socket, stream, socket);
    } catch (error) {
      socket.destroy();
      if (!signal.aborted) console.error(`${pod}:${port}: ${error instanceof Error ? error.message : error}`);
    }
  });
  server.listen({ host: '127.0.0.1', port: localPort, signal });
  await once(server, 'listening', { signal });
  // A server that listens has the address of its socket.
  return (server.address() as AddressInfo).port;
}
