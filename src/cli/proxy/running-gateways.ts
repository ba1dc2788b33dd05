/** The gateways and forwards of this user that run on this machine. Each leaves a small file while it serves. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { GatewayDescription } from '../../gateway/own-paths.ts';
import { isRecord } from '../../lib/is-record.ts';
import { makeDirectory } from '../../lib/make-directory.ts';
import { identifyProcess, isAlive } from '../../lib/process-identity.ts';
import { dataRoot } from '../cluster/paths.ts';
import { listRunning } from '../cluster/record.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** A local port that leads to one service, of `fairlead forward`. */
export interface RecordedForward {
  /** As users name it: `shop/db:5432`. */
  to: string;
  port: number;
  /** Of the kubeconfig; null where none names it. */
  context: string | null;
  server: string;
}

export interface RunningGateway {
  /** `http://localhost:8001/` */
  url: string;
  contexts: GatewayDescription['contexts'];
  fixedPorts: GatewayDescription['fixedPorts'];
}

/** Of one process. */
export interface RecordedForwards {
  pid: number;
  forwards: readonly RecordedForward[];
  /** The unix socket at which it answers; null where it has none. */
  control: string | null;
}

export type ReachRecord = { gateway: string } | Omit<RecordedForwards, 'pid'>;

/** A gateway of this machine answers at once, or not at all. */
const patienceMs = 1500;

/** Beside the clusters' directories, lest a cluster of that name meets it. */
export function recordsDirectory(env: Environment): string {
  return `${dataRoot(env)}-reach`;
}

/**
 * The file is removed by disposal; one that a killed process left is removed by whoever reads it next. Where none can be
 * written (the read-only disk of a container) all works, and other commands do not find it.
 */
export async function recordReach(env: Environment, record: ReachRecord): Promise<AsyncDisposable> {
  const file = join(recordsDirectory(env), `${process.pid}.json`);
  const text = `${JSON.stringify({ process: identifyProcess(process.pid), ...record })}\n`;
  try {
    await makeDirectory(dirname(file), 0o700);
    await writeFile(file, text, { mode: 0o600 });
  } catch {
    return { async [Symbol.asyncDispose]() {} };
  }
  return { [Symbol.asyncDispose]: () => rm(file, { force: true }) };
}

/** Those that answer without a password: clusters' own first, then those of `fairlead proxy` and `fairlead open`. */
export async function runningGateways(env: Environment, signal: AbortSignal): Promise<RunningGateway[]> {
  const [clusters, records] = await Promise.all([listRunning(env), readRecords(env)]);
  const urls = new Set([
    ...clusters.map(({ gatewayUrl }) => gatewayUrl),
    ...records.flatMap((record) => ('gateway' in record ? [record.gateway] : [])),
  ]);
  const found = await Promise.all([...urls].map((url) => describeGateway(url, signal)));
  return found.filter((gateway) => gateway !== undefined);
}

export async function recordedForwards(env: Environment): Promise<RecordedForward[]> {
  return (await recordedForwardProcesses(env)).flatMap(({ forwards }) => forwards);
}

export async function recordedForwardProcesses(env: Environment): Promise<RecordedForwards[]> {
  return (await readRecords(env)).filter((record) => 'forwards' in record);
}

/** Undefined where no gateway answers, or only with a password. `url` ends with a slash. */
export async function describeGateway(url: string, signal: AbortSignal): Promise<RunningGateway | undefined> {
  try {
    const answer = await fetch(new URL('.fairlead/gateway', url), {
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]),
    });
    return readDescription(url, await answer.json());
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Undefined for what is none of a gateway. */
export function readDescription(url: string, said: unknown): RunningGateway | undefined {
  return isDescription(said) ? { url, contexts: said.contexts, fixedPorts: said.fixedPorts } : undefined;
}

function isDescription(value: unknown): value is GatewayDescription {
  return (
    isRecord(value) &&
    value.kind === 'FairleadGateway' &&
    Array.isArray(value.contexts) &&
    value.contexts.every(
      (each) => isRecord(each) && typeof each.alias === 'string' && typeof each.server === 'string',
    ) &&
    Array.isArray(value.fixedPorts) &&
    value.fixedPorts.every((each) => isRecord(each) && typeof each.to === 'string' && typeof each.port === 'number')
  );
}

async function readRecords(env: Environment): Promise<({ gateway: string } | RecordedForwards)[]> {
  const directory = recordsDirectory(env);
  const files = await readdir(directory).catch(() => []);
  const records = await Promise.all(
    files.filter((name) => name.endsWith('.json')).map((name) => read(join(directory, name))),
  );
  return records.filter((record) => record !== undefined);
}

async function read(file: string): Promise<{ gateway: string } | RecordedForwards | undefined> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch {
    // Being written, or gone by now.
    return undefined;
  }
  if (!isRecord(value) || !isRecord(value.process)) return undefined;
  const { pid, started } = value.process;
  if (typeof pid !== 'number' || typeof started !== 'string' || !isAlive({ pid, started })) {
    await rm(file, { force: true });
    return undefined;
  }
  if (typeof value.gateway === 'string' && URL.canParse(value.gateway)) return { gateway: value.gateway };
  if (!Array.isArray(value.forwards)) return undefined;
  return {
    pid,
    forwards: value.forwards.filter(isForward),
    control: typeof value.control === 'string' ? value.control : null,
  };
}

function isForward(value: unknown): value is RecordedForward {
  return (
    isRecord(value) &&
    typeof value.to === 'string' &&
    typeof value.port === 'number' &&
    typeof value.server === 'string' &&
    (value.context === null || typeof value.context === 'string')
  );
}
