import { StatusError } from '../../api/status.ts';
import { sendObject } from '../answer.ts';
import { negotiate } from '../negotiate.ts';
import type { PathHandler } from './route.ts';
import { pathParts } from './route.ts';

/** The Kubernetes that clients may take this server for, and what it is. */
const VERSION = {
  major: '1',
  minor: '36',
  emulationMajor: '1',
  emulationMinor: '36',
  minCompatibilityMajor: '1',
  minCompatibilityMinor: '35',
  gitVersion: 'v1.36.3+fairlead',
  gitCommit: '',
  gitTreeState: 'clean',
  buildDate: '1970-01-01T00:00:00Z',
  goVersion: '',
  compiler: 'node',
  platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
};

/** `/version`. */
export const version: PathHandler = (exchange) => {
  const [first, second] = pathParts(exchange.info.path);
  if (first !== 'version' || second !== undefined) return undefined;
  const { method, headers } = exchange.request;
  if (method !== 'GET' && method !== 'HEAD') {
    const message = 'the server does not allow this method on the requested resource';
    throw new StatusError({ code: 405, reason: 'MethodNotAllowed', message, details: {} });
  }
  return sendObject(exchange, 200, VERSION, negotiate(headers.accept));
};
