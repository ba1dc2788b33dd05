import { type CertificatePair, ensureAuthority, ensureLeaf } from './certificate-authority.ts';
import { directoryFiles } from './pki-files.ts';

export interface OwnNodeCertificate extends CertificatePair {
  /** Of the node's own CA, which issues nothing but this certificate. */
  ca: string;
}

/** The serving certificate of a node that no cluster gives one, kept in `directory`; made anew when it is due. Throws `PkiError`. */
export async function ownNodeCertificate(
  directory: string,
  { name, address }: { name: string; address: string },
): Promise<OwnNodeCertificate> {
  const files = await directoryFiles(directory);
  const now = new Date();
  const authority = await ensureAuthority(files, now);
  const pair = await ensureLeaf(
    authority,
    files,
    {
      name: 'kubelet',
      use: 'server',
      subject: { commonName: `system:node:${name}`, organizations: ['system:nodes'] },
      dnsNames: [name],
      ipAddresses: [address],
    },
    now,
  );
  return { ...pair, ca: authority.pem };
}
