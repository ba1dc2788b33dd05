/** `up` in this process: from a checked plan to a running cluster, and down again when the signal fires. */
import { rm } from 'node:fs/promises';
import type { ClientConfig } from '../../client/client-config.ts';
import { type ClusterWithGateway, startCluster } from '../../cluster.ts';
import { identifyProcess } from '../../lib/process-identity.ts';
import { programUrl } from '../../lib/program-url.ts';
import { runApart } from '../apart.ts';
import { CommandError, type CommandIo } from '../command.ts';
import { isDetached, tellStarter } from '../detached-process.ts';
import { mergeContextApart } from '../kubeconfig/merge-apart.ts';
import { makeScratchDirectory, prepareDataDirectory } from './data-directory.ts';
import { Progress } from './progress.ts';
import { type ClusterRecord, readRecord, readRunning, removeRecord, writeRecord } from './record.ts';
import type { DetachedMessage } from './start-detached.ts';
import { type DemoFacts, factsOf, summaryOf } from './summary.ts';
import type { UpPlan } from './up-plan.ts';

/** The signal fired before the cluster was ready. */
export class Abandoned extends Error {}

export async function startHere(plan: UpPlan, { io, signal }: { io: CommandIo; signal: AbortSignal }): Promise<number> {
  const detached = isDetached(io.env);
  try {
    return await run(plan, { io, signal, detached });
  } catch (error) {
    if (detached) tellParent({ failed: { message: error instanceof Error ? error.message : String(error) } });
    throw error;
  }
}

async function run(
  plan: UpPlan,
  { io, signal, detached }: { io: CommandIo; signal: AbortSignal; detached: boolean },
): Promise<number> {
  await refuseSecond(plan, io);
  const directory = await openDirectory(plan, io);
  const progress = new Progress(io.stderr);
  progress.begin('starting the cluster');
  const cluster = await startCluster({
    name: plan.name,
    directory,
    storage: plan.place.kind === 'memory' ? 'memory' : 'sqlite',
    apiPort: plan.apiPort,
    gateway: { port: plan.gatewayPort, context: plan.context },
    nodes: plan.nodes,
    images: plan.images,
    ...(plan.tokenFile === undefined ? {} : { tokenFile: plan.tokenFile }),
    accountTokens: plan.accountTokens,
    log: (line) => io.stderr.write(`${line}\n`),
  }).catch(async (error: unknown) => {
    progress.end();
    if (plan.place.kind === 'memory') await rm(directory, { recursive: true, force: true });
    throw error;
  });
  try {
    const record = await publish(plan, cluster, { io, directory });
    const demo = plan.demo ? await deployDemo(cluster, { progress, signal, io }) : undefined;
    progress.end();
    if (signal.aborted) throw new Abandoned();
    const text = plan.json
      ? `${JSON.stringify(factsOf(record, demo), null, 2)}\n`
      : summaryOf(record, { demo, detached, env: io.env });
    if (detached) tellParent({ ready: { stdout: text } });
    else io.stdout.write(text);
    await aborted(signal);
    if (!detached && !plan.json) io.stderr.write(record.keepsData ? 'stopping; the data stays\n' : 'stopping\n');
    return 0;
  } finally {
    progress.end();
    await cluster[Symbol.asyncDispose]();
    await removeRecord(io.env, plan.name);
    if (plan.place.kind === 'memory') await rm(directory, { recursive: true, force: true });
  }
}

async function refuseSecond(plan: UpPlan, io: CommandIo): Promise<void> {
  const running = await readRunning(io.env, plan.name);
  if (running === undefined) return;
  throw new CommandError(
    `a cluster named "${plan.name}" runs already (process ${running.process.pid}, since ${running.since}) at ${running.apiUrl}, data in ${running.directory}: ` +
      `use its context ${running.context}, stop it with "fairlead down${plan.name === 'default' ? '' : ` --name ${plan.name}`}", or give another --name`,
  );
}

/** Also clears away what a cluster of this name that was killed has left. */
async function openDirectory(plan: UpPlan, io: CommandIo): Promise<string> {
  const stale = await readRecord(io.env, plan.name);
  if (stale !== undefined) {
    const { clearAfterKill } = await import('./clear-after-kill.ts');
    await clearAfterKill(stale);
    await removeRecord(io.env, plan.name);
  }
  if (plan.place.kind === 'memory') return makeScratchDirectory(io.env);
  await prepareDataDirectory(plan.place.directory);
  return plan.place.directory;
}

async function publish(
  plan: UpPlan,
  cluster: ClusterWithGateway,
  { io, directory }: { io: CommandIo; directory: string },
): Promise<ClusterRecord> {
  const identity = identifyProcess(process.pid);
  if (identity === undefined) throw new Error('this process cannot be identified');
  const { caPem, certPem, keyPem } = cluster.admin;
  await mergeContextApart({
    file: plan.kubeconfig,
    name: plan.context,
    server: cluster.apiUrl,
    ...(cluster.localSocket === undefined ? {} : { localSocket: cluster.localSocket }),
    caPem,
    certPem,
    keyPem,
    use: plan.use,
    ...(plan.namespace === undefined ? {} : { namespace: plan.namespace }),
  });
  const record: ClusterRecord = {
    name: plan.name,
    process: identity,
    since: new Date().toISOString(),
    directory,
    keepsData: plan.place.kind === 'directory',
    apiUrl: cluster.apiUrl,
    gatewayUrl: cluster.gatewayUrl,
    kubeconfig: plan.kubeconfig,
    context: plan.context,
    nodes: plan.nodes,
    modes: cluster.modes,
    readyMilliseconds: cluster.readyMilliseconds,
  };
  await writeRecord(io.env, record);
  return record;
}

/** What fails here fails the sample, not the cluster. */
async function deployDemo(
  cluster: ClusterWithGateway,
  { progress, signal, io }: { progress: Progress; signal: AbortSignal; io: CommandIo },
): Promise<DemoFacts | undefined> {
  progress.begin('deploying the sample application');
  const { caPem, certPem, keyPem } = cluster.admin;
  const config: ClientConfig = {
    server: cluster.apiUrl,
    namespace: 'default',
    tls: { ca: caPem, cert: certPem, key: keyPem },
  };
  try {
    await runApart(programUrl('./demo-process.ts', import.meta.url), config, signal);
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    progress.end();
    io.stderr.write(`${error.message}\n`);
    return undefined;
  }
  return { url: `http://web.demo.localhost:${new URL(cluster.gatewayUrl).port}/` };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function tellParent(message: DetachedMessage): void {
  tellStarter(message);
}
