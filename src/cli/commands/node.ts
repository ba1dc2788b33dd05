import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { type LoneNode, startLoneNode } from '../../cluster/lone-node.ts';
import { prepareDataDirectory } from '../cluster/data-directory.ts';
import { parseImages } from '../cluster/parse-image.ts';
import { checkNodeName, nodeDirectory } from '../cluster/paths.ts';
import { CommandError, defineCommand, UsageError } from '../command.ts';
import { clusterConfig } from '../connect.ts';

export const nodeCommand = defineCommand({
  usage: '',
  description:
    'Registers with the cluster that the kubeconfig leads to, with the rights that it gives, and serves the kubelet API.\n' +
    'Pods run as processes of this machine, which is no security boundary: join clusters whose users you trust with it.\n' +
    'Logs, exec and port-forwards are for the API server alone, known by a client certificate for\n' +
    'kube-apiserver-kubelet-client of the CA that the cluster publishes for clients, or that --client-ca names.',
  examples: [
    { does: "A node, named as this machine, of the current context's cluster", line: 'fairlead node' },
    {
      does: 'A node whose pods run an image as a command of this machine',
      line: "fairlead node --kubeconfig cluster.yaml --name worker --image 'web=/usr/bin/python3 -m http.server'",
    },
    {
      does: 'With addresses that Services and the proxy verb of the cluster reach, routed to this machine before',
      line: 'fairlead node --address 10.88.1.1 --pod-range 10.88.1.0/24   # ip route add local 10.88.1.0/24 dev lo',
    },
  ],
  flags: {
    name: { type: 'string', value: 'NAME', description: 'name of the node (default: the host name)' },
    image: {
      type: 'list',
      value: 'NAME=COMMAND',
      description: 'run this image as a command of this machine; may be given several times',
    },
    data: {
      type: 'string',
      value: 'DIR',
      description: "where it keeps its certificates and its pods' files (default: in the user's data directory)",
    },
    address: {
      type: 'string',
      value: 'IP',
      description: 'address of this machine at which the API server finds the node (default 127.0.0.1)',
    },
    'pod-range': {
      type: 'string',
      value: 'CIDR',
      description: "addresses of pods, all of them this machine's (default: a range inside 127.0.0.0/8)",
    },
    'client-ca': {
      type: 'string',
      value: 'FILE',
      description:
        'CA of the client certificate by which the API server is known (default: the one that the cluster publishes)',
    },
    'tls-cert': { type: 'string', value: 'FILE', description: 'certificate of the kubelet API (default: self-made)' },
    'tls-key': { type: 'string', value: 'FILE', description: 'its private key' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['json'],
      description: 'print the facts of the node in this form',
    },
  },
  arguments: { min: 0, max: 0 },
  async run({ flags, globals, io, signal }) {
    const name = checkNodeName(flags.name ?? hostname().toLowerCase());
    const address = flags.address ?? '127.0.0.1';
    if (isIP(address) === 0) throw new UsageError(`invalid --address "${address}": an IP address is needed`);
    const images = await parseImages(flags.image);
    const pem = (flag: 'client-ca' | 'tls-cert' | 'tls-key') => readPem(flag, flags[flag], io.cwd);
    const [clientCa, cert, key] = await Promise.all([pem('client-ca'), pem('tls-cert'), pem('tls-key')]);
    if ((cert === undefined) !== (key === undefined)) {
      throw new UsageError('--tls-cert and --tls-key belong together: give both or neither');
    }
    const dataDir = flags.data === undefined ? nodeDirectory(io.env, name) : resolve(io.cwd, flags.data);
    const config = await clusterConfig(globals, io);
    await prepareDataDirectory(dataDir);
    const started = startLoneNode({
      config,
      name,
      dataDir,
      images,
      address,
      ...(flags['pod-range'] === undefined ? {} : { podRange: flags['pod-range'] }),
      ...(clientCa === undefined ? {} : { clientCa }),
      ...(cert === undefined || key === undefined ? {} : { serving: { cert, key } }),
      log: (line) => io.stderr.write(`${line}\n`),
      signal,
    });
    await using node = await started.catch((error: unknown) => {
      if (signal.aborted) return undefined;
      throw error;
    });
    // Stopped before it was one.
    if (node === undefined) return 130;
    const facts = { name, server: config.server, address, dataDir, ...factsOf(node) };
    io.stdout.write(flags.output === 'json' ? `${JSON.stringify(facts, null, 2)}\n` : summary(facts));
    if (!signal.aborted) await once(signal, 'abort');
    io.stderr.write('stopping: its pods are asked to end\n');
    return 0;
  },
});

function factsOf({ kubeletPort, podRange, modes }: LoneNode) {
  return { kubeletPort, podRange, modes, pid: process.pid };
}

interface Facts extends ReturnType<typeof factsOf> {
  name: string;
  server: string;
  address: string;
  dataDir: string;
}

function summary({ name, server, address, kubeletPort, podRange, dataDir, modes }: Facts): string {
  const host = isIP(address) === 6 ? `[${address}]` : address;
  return [
    `Node "${name}" is Ready.`,
    '',
    `  Cluster     ${server}`,
    `  Kubelet     https://${host}:${kubeletPort}`,
    `  Pods        ${podRange}`,
    `  Data        ${dataDir}`,
    ...modes.map((mode, index) => `${index === 0 ? '  Limits      ' : '              '}${mode}`),
    '',
    'Ctrl-C stops it and ends its pods.',
    '',
  ].join('\n');
}

async function readPem(flag: string, path: string | undefined, cwd: string): Promise<string | undefined> {
  if (path === undefined) return undefined;
  const file = resolve(cwd, path);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    throw new CommandError(`cannot read ${file} (${why}): check the path after --${flag}`);
  }
  if (!text.includes('-----BEGIN')) throw new CommandError(`${file} is no PEM file: --${flag} needs one`);
  return text;
}
