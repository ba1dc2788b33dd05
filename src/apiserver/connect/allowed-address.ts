/** Which addresses the API server may dial on behalf of a client: those of pods, and nothing that is the host's own. */
import { BlockList, isIP } from 'node:net';

const forbidden = new BlockList();
forbidden.addSubnet('0.0.0.0', 8, 'ipv4');
forbidden.addSubnet('127.0.0.0', 8, 'ipv4');
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('224.0.0.0', 3, 'ipv4');
forbidden.addAddress('::', 'ipv6');
forbidden.addAddress('::1', 'ipv6');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addSubnet('ff00::', 8, 'ipv6');

/**
 * `podRange` is the cluster's own range inside 127.0.0.0/8, the one part of loopback that may be dialled; undefined when
 * pods have addresses of their own. The function takes an address, never a name: there is nothing to resolve again.
 */
export function podAddressCheck(podRange: string | undefined): (address: string) => boolean {
  const pods = new BlockList();
  if (podRange !== undefined) {
    const [base = '', bits = ''] = podRange.split('/');
    pods.addSubnet(base, Number(bits), 'ipv4');
  }
  return (address) => {
    const version = isIP(address);
    if (version === 0) return false;
    const family = version === 4 ? 'ipv4' : 'ipv6';
    return pods.check(address, family) || !forbidden.check(address, family);
  };
}
