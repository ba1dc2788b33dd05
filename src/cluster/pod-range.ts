/** A range of addresses that somebody gave to this machine, for the pods of one node. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Ipv4Range } from '../lib/ipv4-range.ts';

/** Nothing is served here, on the last address, which no pod gets: the open port is the claim, dropped with the process. */
const claimPort = 10249;

export interface PodRange extends AsyncDisposable {
  cidr: string;
}

/** Throws one sentence when it is no range, another node of this machine has it, or its addresses are not this machine's. */
export async function claimPodRange(text: string): Promise<PodRange> {
  const { cidr, at } = parse(text);
  const claim = createServer((socket) => socket.destroy());
  claim.listen(claimPort, at);
  try {
    await once(claim, 'listening');
  } catch (cause) {
    throw new Error(explain(cidr, cause), { cause });
  }
  return {
    cidr,
    async [Symbol.asyncDispose]() {
      claim.close();
      await once(claim, 'close');
    },
  };
}

function parse(text: string): { cidr: string; at: string } {
  try {
    const range = new Ipv4Range(text);
    return { cidr: range.cidr, at: range.at(range.size - 1) };
  } catch (cause) {
    throw new Error(`invalid pod range "${text}": an IPv4 range such as 10.88.1.0/24 is needed`, { cause });
  }
}

function explain(cidr: string, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : error;
  if (code === 'EADDRINUSE') return `the pod range ${cidr} is another node's on this machine: choose another`;
  if (code === 'EADDRNOTAVAIL') {
    return `the addresses of ${cidr} are not this machine's: give them to it (on Linux, as root: ip route add local ${cidr} dev lo), or choose another range`;
  }
  return `the pod range ${cidr} cannot be used (${code})`;
}
