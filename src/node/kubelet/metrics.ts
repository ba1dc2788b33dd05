/** /metrics and /stats/summary: little, but true. Per-container figures are those of the main process, from /proc. */
import { readFileSync } from 'node:fs';
import { freemem, totalmem, uptime } from 'node:os';
import type { Metric } from '../../net/prometheus.ts';
import type { PodAccess } from './pod-access.ts';

const PAGE_BYTES = 4096;
/** USER_HZ: /proc counts processor time in hundredths of a second on every platform Node runs on. */
const TICKS_PER_SECOND = 100;
/** Found once: it is to be the same in every answer. */
const machineStarted = new Date(Date.now() - uptime() * 1000).toISOString();

export function kubeletMetrics(access: PodAccess): Metric[] {
  const pods = access.pods();
  let containers = 0;
  for (const { metadata, spec } of pods) {
    const handle = access.find(metadata.namespace ?? '', metadata.name ?? '');
    for (const { name } of spec?.containers ?? []) {
      if (handle?.container(name)?.isRunning === true) containers += 1;
    }
  }
  const running = pods.filter(({ status }) => status?.phase === 'Running').length;
  return [
    {
      name: 'kubelet_running_pods',
      type: 'gauge',
      help: 'Number of pods on this node that are running.',
      samples: [[{}, running]],
    },
    {
      name: 'kubelet_running_containers',
      type: 'gauge',
      help: 'Number of containers that are running.',
      samples: [[{ container_state: 'running' }, containers]],
    },
  ];
}

export function statsSummary(nodeName: string, access: PodAccess): object {
  const time = new Date().toISOString();
  const pods = access.pods().map(({ metadata, spec, status }) => {
    const handle = access.find(metadata.namespace ?? '', metadata.name ?? '');
    const containers = (spec?.containers ?? []).flatMap(({ name }) => {
      const running = handle?.container(name)?.running;
      const usage = running === undefined ? undefined : processUsage(running.pid);
      if (running === undefined || usage === undefined) return [];
      return [
        {
          name,
          startTime: running.startedAt.toISOString(),
          cpu: { time, usageCoreNanoSeconds: usage.cpuNanoseconds },
          memory: { time, workingSetBytes: usage.residentBytes, rssBytes: usage.residentBytes },
        },
      ];
    });
    const { name = '', namespace = '', uid = '' } = metadata;
    return { podRef: { name, namespace, uid }, startTime: status?.startTime ?? time, containers };
  });
  const memory = { time, availableBytes: freemem(), usageBytes: totalmem() - freemem() };
  return { node: { nodeName, startTime: machineStarted, memory }, pods };
}

/** Undefined when the process is gone or there is no /proc. */
function processUsage(pid: number): { cpuNanoseconds: number; residentBytes: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return {
      cpuNanoseconds: Math.round((ticks / TICKS_PER_SECOND) * 1e9),
      residentBytes: Number(fields[21]) * PAGE_BYTES,
    };
  } catch {
    return undefined;
  }
}
