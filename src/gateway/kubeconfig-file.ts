/** The kubeconfig that leads through the gateway, as a file that only its owner reads and that goes with the gateway. */
import { readFileSync, rmSync } from 'node:fs';
import { readFile, rm, stat } from 'node:fs/promises';
import { identifyProcess, isAlive, type ProcessIdentity } from '../lib/process-identity.ts';
import { writePrivateFile } from '../lib/write-private-file.ts';
import type { GatewayContexts } from './contexts.ts';
import { KubeconfigDoor, kubeconfigServerName } from './kubeconfig-door.ts';

/** The file cannot be written; the message says why, and the way out. */
export class KubeconfigFileError extends Error {
  override readonly name = 'KubeconfigFileError';
}

/** By this first line a later gateway knows that the file may be replaced, unless the process that it names still runs. */
const mark =
  /^# Written by fairlead proxy(?: \(process (?<pid>\d+), started (?<started>[^)]*)\))?, and removed when it stops: every request goes through it\.\n/;

function markOf({ pid, started }: ProcessIdentity): string {
  return `# Written by fairlead proxy (process ${pid}, started ${started}), and removed when it stops: every request goes through it.\n`;
}

export interface KubeconfigFile extends AsyncDisposable {
  path: string;
}

/**
 * Writes the file (mode 0600), in one step. Disposing removes it, if it is still this one. Throws KubeconfigFileError
 * where a file of this name is not one of ours, is that of another process that still runs, or cannot be written.
 */
export async function writeKubeconfigFile(
  path: string,
  { door, contexts, address }: { door: KubeconfigDoor; contexts: GatewayContexts; address: string },
): Promise<KubeconfigFile> {
  const text = kubeconfigText({ door, contexts, address });
  try {
    // What is no file could keep its reader waiting for ever.
    const there = await stat(path).catch(() => undefined);
    if (there !== undefined && !there.isFile())
      throw new KubeconfigFileError(`${path} is no file: it is not replaced. Name another one for the kubeconfig.`);
    const before = await readIfThere(path);
    if (before !== undefined && before !== '') refuseOther(path, before);
    await writePrivateFile(path, text);
  } catch (error) {
    if (error instanceof KubeconfigFileError) throw error;
    throw new KubeconfigFileError(`The kubeconfig ${path} cannot be written: ${whyNot(error)}. Name another file.`);
  }
  // Whoever cannot wait for the end of what is under way leaves no token behind either.
  const dropAtExit = (): void => {
    try {
      if (readFileSync(path, 'utf8') === text) rmSync(path);
    } catch {
      // It is gone, or not ours to remove.
    }
  };
  process.once('exit', dropAtExit);
  return {
    path,
    async [Symbol.asyncDispose]() {
      process.off('exit', dropAtExit);
      if ((await readIfThere(path).catch(() => undefined)) === text) await rm(path, { force: true });
    },
  };
}

function refuseOther(path: string, text: string): void {
  const found = mark.exec(text);
  if (found === null) {
    throw new KubeconfigFileError(
      `${path} is not replaced: it is there, and no gateway wrote it. Name another file for the kubeconfig.`,
    );
  }
  const { pid, started } = found.groups ?? {};
  if (pid === undefined || started === undefined || Number(pid) === process.pid) return;
  if (!isAlive({ pid: Number(pid), started })) return;
  throw new KubeconfigFileError(
    `${path} is not replaced: it belongs to a gateway that runs (process ${pid}). Stop that one, or name another file for the kubeconfig.`,
  );
}

/** Without the name of the file beside it that nobody asked for. */
function whyNot(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (!('code' in error)) return error.message;
  if (error.code === 'ENOENT') return 'its folder is not there';
  if (error.code === 'ENOTDIR') return 'what should be its folder is a file';
  if (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS') return 'you may not write there';
  return error.message;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** JSON is YAML: nothing needs to be quoted by hand. */
function kubeconfigText({
  door,
  contexts,
  address,
}: {
  door: KubeconfigDoor;
  contexts: GatewayContexts;
  address: string;
}): string {
  const user = 'fairlead-gateway';
  const named = contexts.map((context) => ({ name: context.name ?? 'fairlead', context }));
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': named[0]?.name,
    clusters: named.map(({ name, context }) => ({
      name,
      cluster: {
        server: `https://${address}${KubeconfigDoor.path(context)}`,
        // One of two certificates at this port, or one that does not know the address.
        ...((door.sharesPort || !/^(?:127\.0\.0\.1|\[::1\]):/.test(address)) && {
          'tls-server-name': kubeconfigServerName,
        }),
        'certificate-authority-data': Buffer.from(door.caPem).toString('base64'),
      },
    })),
    contexts: named.map(({ name, context }) => ({
      name,
      context: { cluster: name, user, namespace: context.config.namespace },
    })),
    users: [{ name: user, user: { token: door.token } }],
  };
  const self = identifyProcess(process.pid) ?? { pid: process.pid, started: '' };
  return `${markOf(self)}${JSON.stringify(config, null, 2)}\n`;
}
