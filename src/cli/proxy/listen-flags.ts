/** From kubectl proxy's flags to the place where the gateway listens. */
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { ListenPlace } from '../../gateway/listeners.ts';
import { UsageError } from '../command.ts';
import { parseDuration } from '../duration.ts';
import type { FlagTable, FlagValues } from '../flags.ts';

const defaultPort = 8001;

export const listenFlags = {
  port: { type: 'integer', short: 'p', value: 'N', description: 'port to listen on; 0: any free one (default 8001)' },
  address: {
    type: 'string',
    value: 'IP',
    description:
      'address to listen on (default: 127.0.0.1 and ::1); one that others reach needs --password-file, or --expose-without-password',
  },
  'expose-without-password': {
    type: 'boolean',
    description: 'listen on --address without a password: whoever reaches it acts with your rights',
  },
  'unix-socket': {
    type: 'string',
    short: 'u',
    value: 'PATH',
    description: 'listen on a unix socket that only you may use, instead of a port',
  },
  keepalive: {
    type: 'string',
    value: 'TIME',
    description: 'how long a connection to the API server is silent before it is probed; 0: never (default 30s)',
  },
} as const satisfies FlagTable;

type Flags = FlagValues<typeof listenFlags>;

/** Throws UsageError. */
export function listenPlace(flags: Flags, cwd: string): ListenPlace {
  const port = flags.port ?? defaultPort;
  if (port < 0 || port > 65_535) throw new UsageError(`invalid --port ${port}: from 0 to 65535`);
  const path = flags['unix-socket'];
  if (path !== undefined && path !== '') {
    if (port !== defaultPort) throw new UsageError('cannot set --unix-socket and --port at the same time');
    if (flags.address !== undefined) throw new UsageError('cannot set --unix-socket and --address at the same time');
    return { unixSocket: resolve(cwd, path) };
  }
  const address = flags.address?.replace(/^\[(.*)\]$/, '$1');
  if (address !== undefined && address !== 'localhost' && isIP(address) === 0)
    throw new UsageError(`invalid --address "${flags.address}": an IP address of this machine is needed, or localhost`);
  return { host: address ?? 'localhost', port };
}

/** Undefined: the usual time. */
export function keepAliveTime(flags: Flags): number | undefined {
  if (flags.keepalive === undefined) return undefined;
  const time = parseDuration(flags.keepalive, '--keepalive');
  if (time < 0) throw new UsageError(`invalid --keepalive "${flags.keepalive}": 0 turns it off`);
  // The system counts in seconds.
  return time === 0 ? 0 : Math.max(1000, time);
}

/** kubectl proxy's own words: scripts wait for them. */
export function servingLine(place: ListenPlace, port: number): string {
  if ('unixSocket' in place) return `Starting to serve on ${place.unixSocket}`;
  const host = place.host === 'localhost' ? '127.0.0.1' : place.host;
  return `Starting to serve on ${host.includes(':') ? `[${host}]` : host}:${port}`;
}
