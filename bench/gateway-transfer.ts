/**
 * A download and an upload of 1 GiB through the gateway to a TLS server, beside a real kubectl proxy: the rate, CPU time, and how
 * far the resident memory goes up meanwhile. Medians of runs in turn.
 */
import { residentBytesOf } from '../test/peers/real-cluster.ts';
import type { Subject } from './gateway-subjects.ts';
import { loadWords, openGatewaySubjects } from './gateway-subjects.ts';
import { download, upload } from './http-load.ts';
import { cpuMicroseconds } from './process-cost.ts';
import { median } from './statistics.ts';

const bytes = 1024 * 1024 * 1024;
const mebibyte = 1024 * 1024;
const rounds = 5;
const sampleMs = 20;
const warmUpBytes = 64 * mebibyte;
/**
 * Of the rate of kubectl proxy at least, and so many MiB more at most than after a transfer of a sixteenth of the bytes: V8 looks
 * for buffers to free among those that lived longer when there are 32 MiB of them.
 */
const limits = { rate: 1, growth: 48 };

interface Result {
  mebibytesPerSecond: number;
  cpuMillisecondsPerMebibyte: number;
  peakMebibytes: number;
}

const transfers = {
  download: (port: number, bytes: number) =>
    download({ port, path: `/api/v1/namespaces/default?bytes=${bytes}` }, bytes),
  upload: (port: number, bytes: number) => upload({ port, path: '/api/v1/namespaces/default' }, bytes),
};

type Transfer = (typeof transfers)['download'];

async function measure({ pid, port }: Subject, transfer: Transfer): Promise<Result> {
  let peak = 0;
  const sample = async () => {
    peak = Math.max(peak, await residentBytesOf(pid));
  };
  const sampler = setInterval(() => void sample(), sampleMs);
  try {
    const [cpu, began] = [await cpuMicroseconds(pid), performance.now()];
    await transfer(port, bytes);
    const seconds = (performance.now() - began) / 1000;
    await sample();
    return {
      mebibytesPerSecond: bytes / mebibyte / seconds,
      cpuMillisecondsPerMebibyte: ((await cpuMicroseconds(pid)) - cpu) / 1000 / (bytes / mebibyte),
      peakMebibytes: peak / mebibyte,
    };
  } finally {
    clearInterval(sampler);
  }
}

/** Prints figures and ratios. True when the limits are met. */
export async function benchGatewayTransfer(): Promise<boolean> {
  await using subjects = await openGatewaySubjects();
  const { kubectl, fairlead } = subjects;
  const all = [kubectl, fairlead];
  const before = new Map<Subject, number>();
  for (const subject of all) {
    for (const transfer of Object.values(transfers)) await transfer(subject.port, warmUpBytes);
    before.set(subject, (await residentBytesOf(subject.pid)) / mebibyte);
  }
  console.log(`gateway-transfer: ${bytes / mebibyte} MiB through a TLS server (${loadWords()})`);
  let met = true;
  for (const [what, transfer] of Object.entries(transfers)) {
    const results = new Map<Subject, Result[]>(all.map((subject) => [subject, []]));
    for (let round = 0; round < rounds; round++) {
      for (const subject of all) results.get(subject)?.push(await measure(subject, transfer));
    }
    for (const [subject, of] of results) {
      const middle = (pick: (result: Result) => number) => median(of.map(pick));
      const peak = Math.max(...of.map(({ peakMebibytes }) => peakMebibytes));
      console.log(
        `  ${what.padEnd(9)} ${subject.name.padEnd(14)} ${middle((r) => r.mebibytesPerSecond)
          .toFixed(0)
          .padStart(
            5,
          )} MiB/s  ${middle((r) => r.cpuMillisecondsPerMebibyte).toFixed(2)} ms CPU per MiB  peak ${peak.toFixed(0)} MiB (before ${(before.get(subject) ?? 0).toFixed(0)})`,
      );
    }
    const ours = results.get(fairlead) ?? [];
    const ratio = (pick: (result: Result) => number) =>
      median(ours.map((own, round) => pick(own) / pick(results.get(kubectl)?.[round] ?? own)));
    const rate = ratio(({ mebibytesPerSecond }) => mebibytesPerSecond);
    const growth = Math.max(...ours.map(({ peakMebibytes }) => peakMebibytes)) - (before.get(fairlead) ?? 0);
    const isMet = rate >= limits.rate && growth <= limits.growth;
    met &&= isMet;
    console.log(
      `  ${what}: ${rate.toFixed(2)} of kubectl's rate (at least ${limits.rate}), ${ratio((r) => r.cpuMillisecondsPerMebibyte).toFixed(2)} of its CPU, memory up by ${growth.toFixed(0)} MiB (at most ${limits.growth}): ${isMet ? 'met' : 'MISSED'}`,
    );
  }
  return met;
}

if (import.meta.main) process.exitCode = (await benchGatewayTransfer()) ? 0 : 1;
