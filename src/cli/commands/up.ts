import { parseImages } from '../cluster/parse-image.ts';
import { checkClusterName, contextName, dataPlace, kubeconfigToWrite } from '../cluster/paths.ts';
import { startDetached } from '../cluster/start-detached.ts';
import { Abandoned, startHere } from '../cluster/start-here.ts';
import type { UpPlan } from '../cluster/up-plan.ts';
import { defineCommand, UsageError } from '../command.ts';
import type { GlobalFlags } from '../flags.ts';

export const upCommand = defineCommand({
  usage: '',
  description:
    'Starts an API server, controllers, a node and the gateway in one process, and adds a context for kubectl.\n' +
    'No Docker and no root: pods run as processes of this machine, which is no security boundary.',
  examples: [
    { does: 'A cluster with a sample application; the page is at http://localhost:8001/', line: 'fairlead up --demo' },
    { does: 'In the background', line: 'fairlead up --detach' },
    {
      does: 'A second cluster that keeps nothing, on free ports',
      line: 'fairlead up --name scratch --data :memory: --api-port 0 --gateway-port 0',
    },
    {
      does: 'Let the image nginx run as a command of this machine',
      line: 'fairlead up --image nginx=\'/usr/sbin/nginx -g "daemon off;"\'',
    },
    { does: 'The control plane alone, for tests of operators', line: 'fairlead up --nodes 0 --data :memory:' },
  ],
  flags: {
    name: { type: 'string', value: 'NAME', description: 'name of the cluster (default "default")' },
    data: {
      type: 'string',
      value: 'DIR',
      complete: 'directories',
      description: "where it keeps its data; :memory: keeps nothing (default: the user's data directory)",
    },
    'api-port': { type: 'integer', value: 'N', description: 'port of the API server; 0: any free one (default 6443)' },
    'gateway-port': {
      type: 'integer',
      value: 'N',
      description: 'port of the gateway and its page; 0: any free one (default 8001)',
    },
    use: { type: 'boolean', description: "make the cluster's context the current one" },
    'token-file': {
      type: 'string',
      value: 'FILE',
      description: 'static tokens as CSV: token,user,uid,"group1,group2"',
    },
    'account-tokens': {
      type: 'boolean',
      description: 'give every service account a Secret with a lasting token, as Kubernetes did before 1.24',
    },
    nodes: { type: 'integer', value: 'N', description: 'number of nodes; 0: the control plane alone (default 1)' },
    image: {
      type: 'list',
      value: 'NAME=COMMAND',
      description: 'run this image as a command of this machine; may be given several times',
    },
    detach: { type: 'boolean', short: 'd', description: 'return when it is ready and leave it running' },
    demo: { type: 'boolean', description: 'deploy the sample application' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['json'],
      description: 'print the facts of the cluster in this form',
    },
  },
  arguments: { min: 0, max: 0 },
  async run({ flags, globals, io, signal }) {
    refuseForeignFlags(globals);
    const name = checkClusterName(flags.name ?? 'default');
    const nodes = flags.nodes ?? 1;
    if (nodes < 0 || nodes > 50) throw new UsageError(`invalid --nodes ${nodes}: from 0 to 50`);
    if (flags.demo === true && nodes === 0) throw new UsageError('--demo needs a node: leave --nodes 0 out');
    const plan: UpPlan = {
      name,
      place: dataPlace(io.env, { name, data: flags.data, cwd: io.cwd }),
      apiPort: checkPort('api-port', flags['api-port'] ?? 6443),
      gatewayPort: checkPort('gateway-port', flags['gateway-port'] ?? 8001),
      kubeconfig: kubeconfigToWrite(io.env, globals.kubeconfig, io.cwd),
      context: globals.context ?? contextName(name),
      namespace: globals.namespace,
      use: flags.use === true,
      tokenFile: flags['token-file'],
      accountTokens: flags['account-tokens'] === true,
      nodes,
      images: await parseImages(flags.image),
      demo: flags.demo === true,
      json: flags.output === 'json',
      verbosity: Number(globals.v ?? 0),
    };
    try {
      return flags.detach === true ? await startDetached(plan, { io, signal }) : await startHere(plan, { io, signal });
    } catch (error) {
      if (error instanceof Abandoned) return 130;
      throw error;
    }
  },
});

/** `up` talks to no cluster but its own, so these can mean nothing here. */
function refuseForeignFlags(globals: GlobalFlags): void {
  for (const name of [
    'server',
    'token',
    'certificate-authority',
    'insecure-skip-tls-verify',
    'request-timeout',
    'cluster',
    'user',
    'as',
    'as-uid',
    'client-certificate',
    'client-key',
    'tls-server-name',
  ] as const) {
    const value = globals[name];
    // A flag that may be given several times is a list, empty where it was not given.
    if (value !== undefined && !(Array.isArray(value) && value.length === 0)) {
      throw new UsageError(`--${name} says how to reach an existing cluster, and "up" makes its own: leave it out`);
    }
  }
}

function checkPort(flag: string, port: number): number {
  if (port < 0 || port > 65535)
    throw new UsageError(`invalid --${flag} ${port}: a port from 1 to 65535, or 0 for any free one`);
  return port;
}
