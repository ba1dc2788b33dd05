/** What went wrong on the way to a backend, worded as clients know it from Go. */
import { internalError, StatusError, serviceUnavailable } from '../../api/status.ts';
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

interface Endpoint {
  host: string;
  port: number;
}

/** 503 `error trying to reach service: …`; a StatusError stays what it is. */
export function unreachable(error: unknown, endpoint: Endpoint): StatusError {
  if (error instanceof StatusError) return error;
  return serviceUnavailable(`error trying to reach service: ${reasonOf(error, endpoint)}`);
}

/** 500 `error dialing backend: …`, for kubelets. */
export function kubeletUnreachable(error: unknown, endpoint: Endpoint): StatusError {
  if (error instanceof StatusError) return error;
  return internalError(`error dialing backend: ${reasonOf(error, endpoint)}`, error);
}

function reasonOf(error: unknown, { host, port }: Endpoint): string {
  const where = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  const code = codeOf(error);
  const known = code === undefined ? undefined : REASONS[code];
  if (known !== undefined) return `dial tcp ${where}: ${known}`;
  const message = error instanceof Error ? error.message : String(error);
  // Some of the pool's errors say where already.
  const complete = !(error instanceof UpstreamError && error.sent) || message.startsWith(`${where}: `);
  return complete ? message : `${where}: ${message}`;
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
