/** Pod addresses: every pod its own, from the node's range, to listen on. All of them are this machine's already. */
import { Ipv4Range } from '../../lib/ipv4-range.ts';

export interface PodAddressPool {
  /** The same address for the same pod until it is released. Throws when all are taken. */
  allocate(podUid: string): string;
  release(podUid: string): void;
}

/**
 * The first and the last address of `cidr` are left out, and so is `reserved`, the node's own. Throws for what is no IPv4
 * range of at least two usable addresses.
 */
export function openAddressPool(cidr: string, reserved?: string): PodAddressPool {
  const range = new Ipv4Range(cidr);
  const usable = range.size - 2;
  if (usable < 2) throw new RangeError(`the pod range ${cidr} is too small: at most 30 bits`);
  const byPod = new Map<string, string>();
  const taken = new Set(reserved === undefined ? [] : [reserved]);
  let last = 0;
  return {
    allocate(podUid) {
      const known = byPod.get(podUid);
      if (known !== undefined) return known;
      // Onward from the last one, so that an address is not at once another pod's.
      for (let step = 0; step < usable; step += 1) {
        const offset = ((last + step) % usable) + 1;
        const address = range.at(offset);
        if (taken.has(address)) continue;
        taken.add(address);
        byPod.set(podUid, address);
        last = offset;
        return address;
      }
      throw new Error(`all ${usable} addresses of ${cidr} are taken`);
    },
    release(podUid) {
      const address = byPod.get(podUid);
      if (address === undefined) return;
      byPod.delete(podUid);
      taken.delete(address);
    },
  };
}
