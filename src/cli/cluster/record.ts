/** What runs under a name, written by `up` for `status`, `down` and the next `up`. */
import { readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { makeDirectory } from '../../lib/make-directory.ts';
import { isAlive, type ProcessIdentity } from '../../lib/process-identity.ts';
import { writePrivateFile } from '../../lib/write-private-file.ts';
import { dataRoot, recordFile } from './paths.ts';

export interface ClusterRecord {
  name: string;
  process: ProcessIdentity;
  /** RFC 3339. */
  since: string;
  /** The data directory; for a cluster in memory, the scratch directory that ends with it. */
  directory: string;
  keepsData: boolean;
  apiUrl: string;
  gatewayUrl: string;
  kubeconfig: string;
  context: string;
  nodes: number;
  /** The modes it runs in and their limits, a sentence each. */
  modes: readonly string[];
  readyMilliseconds: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

export async function writeRecord(env: Environment, record: ClusterRecord): Promise<void> {
  const file = recordFile(env, record.name);
  await makeDirectory(dirname(file), 0o700);
  await writePrivateFile(file, `${JSON.stringify(record, null, 2)}\n`);
}

/** Undefined when there is none, or it cannot be read as one. */
export async function readRecord(env: Environment, name: string): Promise<ClusterRecord | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(recordFile(env, name), 'utf8'));
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The record if its process still lives. */
export async function readRunning(env: Environment, name: string): Promise<ClusterRecord | undefined> {
  const record = await readRecord(env, name);
  return record !== undefined && isAlive(record.process) ? record : undefined;
}

export async function removeRecord(env: Environment, name: string): Promise<void> {
  await rm(recordFile(env, name), { force: true });
}

/** All clusters of this user that run now, by name. */
export async function listRunning(env: Environment): Promise<ClusterRecord[]> {
  let files: string[];
  try {
    files = await readdir(join(dataRoot(env), 'running'));
  } catch {
    return [];
  }
  const names = files.filter((file) => file.endsWith('.json')).map((file) => file.slice(0, -'.json'.length));
  const records = await Promise.all(names.sort().map((name) => readRunning(env, name)));
  return records.filter((record) => record !== undefined);
}

function isRecord(value: unknown): value is ClusterRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'process' in value &&
    typeof value.process === 'object' &&
    value.process !== null &&
    'pid' in value.process &&
    typeof value.process.pid === 'number' &&
    'directory' in value &&
    typeof value.directory === 'string'
  );
}
