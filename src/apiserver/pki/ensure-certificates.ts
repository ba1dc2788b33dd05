/** Everything that a cluster's parts prove themselves with: made where missing, renewed at start and while running. */
import type { KeyObject } from 'node:crypto';
// Before any certificate is parsed: Node 26 breaks node:tls for the process when crypto's certificates load parts of it first.
import 'node:tls';
import { newKey } from '../../net/certificates/certificate.ts';
import type { CertificateAuthority, CertificatePair, LeafRequest } from './certificate-authority.ts';
import { ensureAuthority, ensureLeaf, exportKey, parseKey } from './certificate-authority.ts';
import { directoryFiles, memoryFiles } from './pki-files.ts';

const renewalCheckMilliseconds = 6 * 3600_000;

const servingNames = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
];

export interface PkiOptions {
  /** Further names and addresses of the API server. */
  serverNames?: readonly string[];
  serverAddresses?: readonly string[];
  /** The `kubernetes` Service's address; 10.96.0.1 unless said. */
  serviceAddress?: string;
  /** Ends the renewal checks. */
  signal?: AbortSignal;
  /** The time, for tests. */
  now?: () => Date;
}

export interface NodeCertificates {
  serving: CertificatePair;
  /** CN system:node:NAME, O system:nodes. */
  client: CertificatePair;
}

/** Pairs are those of now: read them again after a renewal. */
export interface Pki {
  /** The CA's certificate, PEM. */
  readonly ca: string;
  /** The API server's own. */
  readonly serving: CertificatePair;
  /** O system:masters. */
  readonly admin: CertificatePair;
  /**
   * CN kube-apiserver-kubelet-client: what kubelets admit. In no group, so that a Node object that names the API server's
   * own address makes nobody its master.
   */
  readonly kubeletClient: CertificatePair;
  /** CN system:kube-controller-manager: controllers and scheduler. */
  readonly controllers: CertificatePair;
  /** ECDSA P-256 private key by which service account tokens are signed. */
  readonly serviceAccountKey: KeyObject;
  /** Kept and renewed under the node's name. */
  node(name: string, addresses: readonly string[]): Promise<NodeCertificates>;
  /** Called after certificates were renewed while running: `server.setSecureContext(...)`. Returns what ends it. */
  onRenewal(listener: () => void): () => void;
  /** Renews what is due; runs by itself every few hours. */
  renew(): Promise<void>;
}

/**
 * Loads or makes the cluster's keys and certificates in `directory`; undefined keeps them in memory.
 * Throws `PkiError`, a sentence, for files that cannot be read or do not fit together: none of them is changed then.
 */
export async function ensureCertificates(directory: string | undefined, options: PkiOptions = {}): Promise<Pki> {
  const files = directory === undefined ? memoryFiles() : await directoryFiles(directory);
  const now = options.now ?? (() => new Date());
  const requests = {
    serving: {
      name: 'apiserver',
      use: 'server',
      subject: { commonName: 'kube-apiserver' },
      dnsNames: [...servingNames, ...(options.serverNames ?? [])],
      ipAddresses: ['127.0.0.1', '::1', options.serviceAddress ?? '10.96.0.1', ...(options.serverAddresses ?? [])],
    },
    admin: client('admin', 'fairlead-admin', 'system:masters'),
    kubeletClient: client('apiserver-kubelet-client', 'kube-apiserver-kubelet-client'),
    controllers: client('controllers', 'system:kube-controller-manager'),
  } satisfies Record<string, LeafRequest>;

  let authority: CertificateAuthority = await ensureAuthority(files, now());
  const leaf = (request: LeafRequest) => ensureLeaf(authority, files, request, now());
  const ensureAll = async () => {
    const [serving, admin, kubeletClient, controllers] = await Promise.all([
      leaf(requests.serving),
      leaf(requests.admin),
      leaf(requests.kubeletClient),
      leaf(requests.controllers),
    ]);
    return { serving, admin, kubeletClient, controllers };
  };
  const accountKeyPem = await files.read('sa.key');
  const serviceAccountKey = accountKeyPem === undefined ? newKey() : parseKey(files, 'sa.key', accountKeyPem);
  const [first] = await Promise.all([
    ensureAll(),
    accountKeyPem === undefined ? files.write('sa.key', exportKey(serviceAccountKey)) : undefined,
  ]);

  let pairs = first;
  const listeners = new Set<() => void>();
  const renew = async () => {
    authority = await ensureAuthority(files, now());
    const next = await ensureAll();
    const same = next.serving.cert === pairs.serving.cert && next.admin.cert === pairs.admin.cert;
    pairs = next;
    if (!same) for (const listener of listeners) listener();
  };
  if (options.signal !== undefined) renewWhileRunning(renew, options.signal);

  return {
    get ca() {
      return authority.pem;
    },
    get serving() {
      return pairs.serving;
    },
    get admin() {
      return pairs.admin;
    },
    get kubeletClient() {
      return pairs.kubeletClient;
    },
    get controllers() {
      return pairs.controllers;
    },
    serviceAccountKey,
    node: async (name, addresses) => {
      const [serving, identity] = await Promise.all([
        leaf({
          name: `node-${name}-serving`,
          use: 'server',
          subject: { commonName: `system:node:${name}`, organizations: ['system:nodes'] },
          dnsNames: [name],
          ipAddresses: addresses,
        }),
        leaf(client(`node-${name}-client`, `system:node:${name}`, 'system:nodes')),
      ]);
      return { serving, client: identity };
    },
    onRenewal: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    renew,
  };
}

function client(name: string, commonName: string, ...organizations: string[]): LeafRequest {
  return { name, use: 'client', subject: { commonName, organizations } };
}

/** A failed check is tried again by the next one: a tenth of a certificate's life is left for it. */
function renewWhileRunning(renew: () => Promise<void>, signal: AbortSignal): void {
  if (signal.aborted) return;
  const timer = setInterval(() => renew().catch(() => undefined), renewalCheckMilliseconds);
  timer.unref();
  signal.addEventListener('abort', () => clearInterval(timer), { once: true });
}
