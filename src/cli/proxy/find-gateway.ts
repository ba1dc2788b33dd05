/** A gateway that runs on this machine, and what it says of itself. Whatever listens on its port could claim to be one. */
import { constants, open } from 'node:fs/promises';
import { get } from 'node:http';
import { isAbsolute } from 'node:path';
import { text } from 'node:stream/consumers';
import { tlsNeeded } from '../../gateway/first-bytes.ts';
import { isRecord } from '../../lib/is-record.ts';
import { listenerUsers } from '../../net/peer-user.ts';
import { CommandError } from '../command.ts';
import { errorCode } from '../kubeconfig/error-code.ts';

export interface RunningGateway {
  port: number;
  /** The kubeconfig that leads through it. */
  kubeconfig: string | null;
  /** What was left out of it, and why. */
  warning?: string;
}

/** It is on this machine: what takes longer is no gateway. */
const patienceMs = 3000;
const root = 0;

/** Throws CommandError where no gateway answers on this port, or one that another user runs. */
export async function findGateway(port: number, signal: AbortSignal): Promise<RunningGateway> {
  const own = process.getuid?.();
  // Before it is asked: it could not know that it had to hide.
  if ((await listenerUsers(port)).some((user) => user !== root && user !== own)) {
    throw new CommandError(
      `what answers on localhost:${port} is run by another user of this machine, who would see all that goes through it: start a gateway of your own with "fairlead proxy", on another --port`,
    );
  }
  const { status, body } = await ask(port, signal);
  if (status === 401) {
    throw new CommandError(
      `what answers on localhost:${port} lets in only who signed in, and a password does not belong into variables: set the proxy in each tool that needs it`,
    );
  }
  if (status === 400 && body === tlsNeeded) {
    throw new CommandError(
      `what answers on localhost:${port} speaks TLS, by a certificate that few tools trust unasked: set https://localhost:${port} as the proxy in each tool that needs it`,
    );
  }
  const description = parse(body);
  if (!isRecord(description) || description.kind !== 'FairleadGateway') {
    throw new CommandError(
      `no gateway answers on localhost:${port}: start one with "fairlead proxy", or name the port of another with --port`,
    );
  }
  const { kubeconfig } = description;
  if (typeof kubeconfig !== 'string') return { port, kubeconfig: null };
  const found = await judgeFile(kubeconfig);
  if (found === 'own') return { port, kubeconfig };
  const why =
    found === 'missing'
      ? 'is not there any more: start the gateway again to have it written'
      : 'is no file that only you may write, and a kubeconfig can run programs';
  return { port, kubeconfig: null, warning: `KUBECONFIG is not set: ${kubeconfig}, which the gateway names, ${why}` };
}

interface Answer {
  status?: number | undefined;
  body: string;
}

/** Empty where nothing answers. Rejects only with the signal's reason. */
async function ask(port: number, signal: AbortSignal): Promise<Answer> {
  const patience = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = get({ host: 'localhost', port, path: '/.fairlead/gateway', agent: false, signal: patience });
  request.on('error', reject);
  request.on('response', (response) => {
    text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
  });
  try {
    return await promise;
  } catch {
    signal.throwIfAborted();
    return { body: '' };
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** `own`: a plain file of this user (or root) that nobody else may write. */
async function judgeFile(path: string): Promise<'own' | 'missing' | 'other'> {
  if (!isAbsolute(path)) return 'other';
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await file.stat();
    const own = process.getuid?.();
    const isOwn =
      facts.isFile() && (own === undefined || facts.uid === own || facts.uid === root) && (facts.mode & 0o022) === 0;
    return isOwn ? 'own' : 'other';
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? 'missing' : 'other';
  }
}
