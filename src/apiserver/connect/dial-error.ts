/** What went wrong on the way to a backend, worded as clients know it from Go. */
import { StatusError, serviceUnavailable } from '../../api/status.ts';
import { UpstreamError } from '../../net/http1/upstream.ts';

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  ETIMEDOUT: 'connect: connection timed out',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
  EPERM: 'connect: operation not permitted',
  EACCES: 'connect: permission denied',
};

/** 503 `error trying to reach service: …`; a StatusError stays what it is. */
export function unreachable(error: unknown, { host, port }: { host: string; port: number }): StatusError {
  if (error instanceof StatusError) return error;
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const code = codeOf(error);
  const known = code === undefined ? undefined : REASONS[code];
  if (known !== undefined) return serviceUnavailable(`error trying to reach service: dial tcp ${where}: ${known}`);
  const message = error instanceof Error ? error.message : String(error);
  const wasSent = error instanceof UpstreamError && error.sent;
  const text = wasSent ? `${where}: ${message}` : message;
  return serviceUnavailable(`error trying to reach service: ${text}`);
}

function codeOf(error: unknown): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as NodeJS.ErrnoException;
    if (code !== undefined && code in REASONS) return code;
    if (at instanceof AggregateError) {
      const found = codeOf(at.errors[0]);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
