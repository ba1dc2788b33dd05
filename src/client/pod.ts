/** One pod of a cluster and what leads into it: its log, commands, ports. What streams need is loaded with the first one. */
import type { Duplex, Readable } from 'node:stream';
import type { ClusterClient } from './cluster-client.ts';
import type { AttachOptions, ExecOptions, ExecSession } from './exec.ts';
import type { LogOptions } from './pod-log.ts';
import { openLog, readLog } from './pod-log.ts';
import { segment } from './resource-path.ts';

export interface PodDoor {
  /** The log, line by line without the line ends; with `follow` until the container ends. Stopping early ends the request. */
  logs(options?: LogOptions): AsyncIterable<string>;
  /** The log byte for byte, for what is no text too. It must be read to its end or destroyed. */
  rawLog(options?: LogOptions): Promise<Readable>;
  /** Starts a command in a container; resolves when the streams are open. Throws StatusError where that is refused. */
  exec(command: string | readonly string[], options?: ExecOptions): Promise<ExecSession>;
  /** The streams of a container's own process. `exitCode` is 0 when they ended well: the process's own is in the pod's status. */
  attach(options?: AttachOptions): Promise<ExecSession>;
  /**
   * A connection to a port of the pod, as a stream with half-close; several share a transport. It fails with ForwardError
   * where nothing listens, and with the signal's reason.
   */
  portForward(port: number, options?: { signal?: AbortSignal | undefined }): Promise<Duplex>;
}

export function openPod(client: ClusterClient, namespace: string, name: string): PodDoor {
  const root = `/api/v1/namespaces/${segment(namespace, 'namespace')}/pods/${segment(name, 'name')}`;
  return {
    logs: (options = {}) => readLog(client, `${root}/log`, options),
    rawLog: (options = {}) => openLog(client, `${root}/log`, options),
    async exec(command, options = {}) {
      const { execPath, openSession } = await import('./exec.ts');
      return openSession(client, 'exec', execPath(root, command, options), options);
    },
    async attach(options = {}) {
      const { attachPath, openSession } = await import('./exec.ts');
      return openSession(client, 'attach', attachPath(root, options), options);
    },
    async portForward(port, { signal } = {}) {
      const stream = await client.portForward({ namespace, pod: name, port, ...(signal && { signal }) });
      endWith(stream, signal);
      return stream;
    },
  };
}

/** The signal destroys the stream with its reason. */
function endWith(stream: Duplex, signal: AbortSignal | undefined): void {
  if (signal === undefined) return;
  const cut = () => stream.destroy(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
  if (signal.aborted) cut();
  else signal.addEventListener('abort', cut, { once: true });
  stream.once('close', () => signal.removeEventListener('abort', cut));
}
