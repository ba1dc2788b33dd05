/** Addresses for pods that a kube-apiserver takes for those of pods: it refuses loopback ones in EndpointSlices and proxies to none. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { whenGone } from '../when-gone.ts';

const run = promisify(execFile);

export interface RoutedRange extends AsyncDisposable {
  cidr: string;
  /** The first address, for the node. */
  first: string;
}

/**
 * A range of 198.18.0.0/15 (RFC 2544, for tests of network devices) that the kernel takes for this machine's while the range
 * is open. Needs Linux, root and `ip`: undefined without them.
 */
export async function openRoutedRange(): Promise<RoutedRange | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const ranges = 512;
  for (let step = 0; step < ranges; step++) {
    const index = (process.pid + step) % ranges;
    const prefix = `198.${18 + (index >> 8)}.${index & 255}`;
    const cidr = `${prefix}.0/24`;
    const route = (verb: 'add' | 'del') => run('ip', ['route', verb, 'local', cidr, 'dev', 'lo']);
    try {
      await route('add');
    } catch (error) {
      if (/File exists/.test(String(error))) continue;
      return undefined;
    }
    const watched = whenGone('ip route del local "$1" dev lo', [cidr]);
    return {
      cidr,
      first: `${prefix}.1`,
      async [Symbol.asyncDispose]() {
        watched[Symbol.dispose]();
        await route('del');
      },
    };
  }
  return undefined;
}
