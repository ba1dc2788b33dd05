/** A part of 127.0.0.0/8 for the pods of one cluster, so that clusters side by side do not meet on an address. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** 127.64.0.0/18 to 127.126.192.0/18; systemd-resolved and others use low ones. */
const [firstOctet, octets] = [64, 63];
/** Ranges in what one second octet stands for, and the third octets that each has. */
const [perOctet, thirdOctets] = [4, 64];
/** The first third octet is for the claim. */
export const maxNodes = thirdOctets - 1;
/** Nothing is served here: the open port is the claim, and the kernel drops it with the process. */
const claimPort = 10249;

export interface LoopbackRange extends AsyncDisposable {
  /** All of it: `127.80.64.0/18`. */
  cidr: string;
  /** The CIDR of the node with this number, from 0 to below `maxNodes`: `127.80.65.0/24`. */
  nodeCidr(index: number): string;
}

/**
 * Claims a /18, always the same one for the same seed unless another cluster has it. Throws when this machine has no loopback addresses
 * besides 127.0.0.1 (macOS without aliases), or all ranges are taken.
 */
export async function claimLoopbackRange(seed: string): Promise<LoopbackRange> {
  const ranges = octets * perOctet;
  const start = createHash('sha256').update(seed).digest().readUInt16BE(0) % ranges;
  for (let step = 0; step < ranges; step++) {
    const index = (start + step) % ranges;
    const second = firstOctet + Math.floor(index / perOctet);
    const third = (index % perOctet) * thirdOctets;
    const claim = await listen(`127.${second}.${third}.1`);
    if (claim === undefined) continue;
    return {
      cidr: `127.${second}.${third}.0/18`,
      nodeCidr: (node) => `127.${second}.${third + 1 + node}.0/24`,
      async [Symbol.asyncDispose]() {
        claim.close();
        await once(claim, 'close');
      },
    };
  }
  throw new Error('all loopback ranges for pods are taken: stop a cluster ("fairlead status" lists them)');
}

async function listen(host: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  server.listen(claimPort, host);
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') return undefined;
    throw new Error(
      `this machine has no loopback address ${host} for pods (${code}): add it to the loopback interface, or use --nodes 0`,
      { cause: error },
    );
  }
}
