import { lstat } from 'node:fs/promises';
import { basename, posix, resolve } from 'node:path';
import { openPod } from '../../client/pod.ts';
import { CommandError, defineCommand, type Invocation, UsageError } from '../command.ts';
import { type ContainerTar, isFolder, tarOf, untar } from '../copy/container-tar.ts';
import { type FileSpec, parseFileSpec } from '../copy/file-spec.ts';
import { pack } from '../copy/pack.ts';
import { TarError } from '../copy/tar-format.ts';
import { unpack } from '../copy/unpack.ts';
import { type Objects, openObjects } from '../objects/open-objects.ts';
import { chooseContainer, containerFlag } from '../pods/containers.ts';
import { refuseCompleted } from '../pods/explain-container.ts';
import { getPod } from '../pods/find-pods.ts';
import { escapeControls } from '../print/escape.ts';

const flags = {
  container: { ...containerFlag.container, complete: 'nothing' },
  'no-preserve': { type: 'boolean', description: 'do not keep owners and rights' },
  retries: {
    type: 'integer',
    value: 'N',
    description:
      'how often to go on after a lost connection, when copying from a container (default 0; below 0: always)',
  },
} as const;

export const cpCommand = defineCommand({
  usage: '(FILE [NAMESPACE/]POD:FILE | [NAMESPACE/]POD:FILE FILE)',
  description:
    'Works by tar, which the container must have. Nothing of what a container sends is written outside the target, and its\n' +
    'links are left out.',
  examples: [
    { does: 'A file to a container', line: 'fairlead cp app.conf web-7d4b9:/etc/app.conf' },
    { does: 'A folder from one, of another namespace', line: 'fairlead cp shop/db-0:/var/lib/data ./data' },
    { does: 'Over a bad connection', line: 'fairlead cp db-0:/dump.sql dump.sql --retries=10' },
  ],
  flags,
  arguments: { min: 2, max: 2, complete: ['files'] },
  run,
});

type Run = Invocation<typeof flags>;

async function run(invocation: Run): Promise<number> {
  const [from, to] = invocation.args.map(parseFileSpec);
  if (from === undefined || to === undefined) throw new UsageError('cp needs two files: from where, and to where');
  await using objects = await openObjects(invocation);
  try {
    if (from.at === 'here' && to.at === 'pod') await copyToPod(from.path, to, { objects, invocation });
    else if (from.at === 'pod' && to.at === 'here') await copyFromPod(from, to.path, { objects, invocation });
    else {
      throw new UsageError(
        from.at === 'here' ? 'one of the two must be in a pod: POD:PATH' : 'one of the two must be on this machine',
      );
    }
  } catch (error) {
    if (invocation.signal.aborted) return 130;
    if (error instanceof TarError)
      throw new CommandError(`what the container's tar sent cannot be used: ${error.message}`);
    throw error;
  }
  return 0;
}

interface Copying {
  objects: Objects;
  invocation: Run;
}

async function openTar(
  spec: FileSpec & { at: 'pod' },
  { objects, invocation: { flags, io, signal } }: Copying,
): Promise<ContainerTar> {
  const namespace = spec.namespace ?? objects.reader.config.namespace;
  const pod = await getPod(spec.pod, { objects, signal, namespace });
  refuseCompleted(pod, 'copy to or from');
  const container = chooseContainer(pod, flags.container, { io }).name;
  const warn = (sentence: string): void => void io.stderr.write(escapeControls(`warning: ${sentence}\n`));
  return { door: openPod(objects.reader.client, namespace, spec.pod), container, signal, warn };
}

async function copyToPod(local: string, to: FileSpec & { at: 'pod' }, copying: Copying): Promise<void> {
  const { flags, io } = copying.invocation;
  const path = resolve(io.cwd, local);
  await lstat(path).catch(() => {
    throw new CommandError(`${local} doesn't exist in local filesystem`);
  });
  const tar = await openTar(to, copying);
  const into = to.path.endsWith('/') || (await isFolder(tar, to.path));
  const target = into ? posix.join(to.path, basename(path)) : to.path;
  const preserve = flags['no-preserve'] !== true;
  await untar(tar, {
    folder: posix.dirname(target),
    archive: pack(path, posix.basename(target), { warn: tar.warn, preserve }),
    preserve,
  });
}

async function copyFromPod(from: FileSpec & { at: 'pod' }, local: string, copying: Copying): Promise<void> {
  const { flags, io } = copying.invocation;
  const tar = await openTar(from, copying);
  // What is asked for is what the names begin with.
  const source = tarOf(tar, posix.normalize(from.path), flags.retries ?? 0);
  const count = await unpack(source, {
    prefix: prefixOf(from.path),
    target: resolve(io.cwd, local),
    intoFolder: local.endsWith('/'),
    warn: tar.warn,
    preserve: flags['no-preserve'] !== true,
  });
  if (count === 0) tar.warn(`nothing of ${from.path} could be copied`);
}

/** What tar puts before every name: the path without what leads up from a root. */
function prefixOf(path: string): string {
  return posix
    .normalize(path)
    .replace(/^(?:\.?\.?\/)+/, '')
    .replace(/\/+$/, '')
    .replace(/^\.\.?$/, '');
}
