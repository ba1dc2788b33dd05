/** Pod addresses in loopback mode: every pod its own 127.x.y.z, from the node's range, to listen on. */

export interface PodAddressPool {
  /** The same address for the same pod until it is released. Throws when all are taken. */
  allocate(podUid: string): string;
  release(podUid: string): void;
}

/** `cidr` lies in 127.0.0.0/8; its first address and its last are left out. Throws when it does not. */
export function openLoopbackPool(cidr: string): PodAddressPool {
  const match = /^127\.(\d+)\.(\d+)\.(\d+)\/(\d+)$/.exec(cidr);
  const bits = Number(match?.[4]);
  if (match === null || bits < 8 || bits > 30) throw new Error(`pod range ${cidr} is no IPv4 range inside 127.0.0.0/8`);
  const size = 2 ** (32 - bits);
  const base = ((Number(match[1]) << 16) | (Number(match[2]) << 8) | Number(match[3])) & ~(size - 1);
  const byPod = new Map<string, number>();
  const taken = new Set<number>();
  let last = 0;
  const format = (offset: number) => {
    const host = base + offset;
    return `127.${(host >> 16) & 255}.${(host >> 8) & 255}.${host & 255}`;
  };
  return {
    allocate(podUid) {
      const known = byPod.get(podUid);
      if (known !== undefined) return format(known);
      // Onward from the last one, so that an address is not at once another pod's.
      for (let step = 1; step < size - 1; step += 1) {
        const offset = ((last + step - 1) % (size - 2)) + 1;
        if (taken.has(offset)) continue;
        taken.add(offset);
        byPod.set(podUid, offset);
        last = offset;
        return format(offset);
      }
      throw new Error(`all ${size - 2} addresses of ${cidr} are taken`);
    },
    release(podUid) {
      const offset = byPod.get(podUid);
      if (offset === undefined) return;
      byPod.delete(podUid);
      taken.delete(offset);
    },
  };
}
