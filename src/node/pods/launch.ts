/** From a container's spec to something that can be started: image, arguments, environment, volumes, working directory. */
import { mkdir, readdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Container, Pod, Probe } from '../../api/types/core-v1.ts';
import type { ImageProgram, ImageTable } from '../images/image-table.ts';
import type { PodVolumes } from '../volumes/pod-volumes.ts';
import { ConfigError } from './config-error.ts';
import type { PreparedLaunch } from './container-host.ts';
import { ImageMissing } from './container-host.ts';
import type { EnvironmentFacts } from './environment.ts';
import { containerEnvironment } from './environment.ts';
import { expand } from './expand.ts';
import { refusedFields } from './unsupported.ts';

export interface LaunchOptions {
  pod: Pod;
  container: Container;
  /** Counts the container's runs from 0; the log file is named after it. */
  attemptNumber: number;
  podDirectory: string;
  images: ImageTable;
  volumes: PodVolumes;
  facts: EnvironmentFacts;
}

/** Throws `ImageMissing` when nothing provides the image, `ConfigError` for what is missing or cannot be honoured. */
export async function prepareLaunch(options: LaunchOptions): Promise<PreparedLaunch> {
  const { pod, container, attemptNumber, podDirectory, images, volumes, facts } = options;
  const image = container.image ?? '';
  const program = images.resolve(image);
  if (program === undefined) {
    throw new ImageMissing(
      `no program stands for this image here; give one with: fairlead up --image ${image}=COMMAND (it is a flag of a "fairlead node" too; built in: ${images.names().join(', ')})`,
    );
  }
  const refused = refusedFields(pod, container);
  if (refused.length > 0) throw new ConfigError(`the process runtime cannot honour ${refused.join(', ')}`);
  const declared = await containerEnvironment(pod, container, facts);
  if (program.kind === 'built-in') refuseLoaderVariables(declared);
  const root = await volumes.mount(container, declared);
  await mkdir(join(root, 'dev'), { recursive: true, mode: 0o700 });
  await rm(join(root, 'dev/termination-log'), { force: true });
  const given = { ...program.environment, HOME: root, POD_IP: facts.addresses.podIP };
  const environment = { ...given, ...declared, FAIRLEAD_ROOT: root };
  const logFile = logFileOf(podDirectory, container, attemptNumber);
  await mkdir(dirname(logFile), { recursive: true, mode: 0o700 });
  await forgetLogs(dirname(logFile), attemptNumber - 2);
  const { workingDir = '' } = container;
  const argv = commandLine(container, program, environment);
  const startupProbe = startupOf(program, argv);
  return {
    imageID: program.id,
    logFile,
    root,
    ...(startupProbe === undefined ? {} : { startupProbe }),
    launch: {
      podUid: pod.metadata.uid ?? '',
      name: container.name,
      argv,
      environment,
      workingDirectory: workingDir === '' ? root : workingDir,
      stdin: container.stdin === true,
      tty: container.tty === true,
      directory: podDirectory,
    },
  };
}

/** A failure counts once in ten seconds: a busy machine has five minutes. */
function startupOf({ listensOn, entrypoint }: ImageProgram, argv: readonly string[]): Probe | undefined {
  if (listensOn === undefined) return undefined;
  try {
    return { tcpSocket: { port: listensOn(argv.slice(entrypoint.length)) }, failureThreshold: 30 };
  } catch {
    // The program itself says in its log what is wrong with its arguments.
    return undefined;
  }
}

/** By them a built-in image would run another program after all. */
const LOADER_VARIABLE = /^(LD_.*|DYLD_.*|OPENSSL_.*|NODE_(OPTIONS|PATH|COMPILE_CACHE|REPL_EXTERNAL_MODULE))$/;

function refuseLoaderVariables(declared: Readonly<Record<string, string>>): void {
  const name = Object.keys(declared).find((key) => LOADER_VARIABLE.test(key));
  if (name !== undefined) {
    throw new ConfigError(`a built-in image runs its own program only: leave out the environment variable ${name}`);
  }
}

/** Where the output of one run of a container is kept. */
export function logFileOf(podDirectory: string, container: Container, attemptNumber: number): string {
  return join(podDirectory, 'containers', container.name, 'logs', `${attemptNumber}.log`);
}

/** The logs of this run and of all before it. */
async function forgetLogs(directory: string, attemptNumber: number): Promise<void> {
  for (const file of await readdir(directory)) {
    if (Number.parseInt(file, 10) <= attemptNumber) await rm(join(directory, file), { force: true });
  }
}

/** `command` stands in for the image's program, `args` follow either; built-in images have only the one program. */
function commandLine(
  { command = [], args = [] }: Container,
  program: ImageProgram,
  environment: Readonly<Record<string, string>>,
): string[] {
  if (command.length > 0 && program.kind === 'built-in') {
    throw new ConfigError('a built-in image runs its own program only: leave out command (args are passed on)');
  }
  const expanded = (texts: readonly string[]) => texts.map((text) => expand(text, (name) => environment[name]));
  const words = expanded([...command, ...args]);
  if (command.length > 0) return words;
  // A mapped command has no shell that would tell it the pod's address.
  const entrypoint = program.kind === 'mapped' ? expanded(program.entrypoint) : program.entrypoint;
  return [...entrypoint, ...words];
}
