/** `ls`, `open`, `forward` and `why` on a real kube-apiserver with our node. */
import { copyFile } from 'node:fs/promises';
import { Home } from '../fairlead-process.ts';
import { reachTests } from '../reach/reach-cases.ts';
import { startRealClusterWithNode } from '../real-cluster/start.ts';
import { skipBesideKubectl } from './beside-kubectl.ts';

const isRoot = process.getuid?.() === 0;

reachTests('reaching services of a real kube-apiserver', {
  skip: skipBesideKubectl || (isRoot ? false : 'pods have addresses that services reach only where this runs as root'),
  async start() {
    const home = await Home.make();
    const cluster = await startRealClusterWithNode();
    await copyFile(cluster.kubeconfig, home.kubeconfig);
    return {
      home,
      apiUrl: cluster.apiUrl,
      gatewayUrl: undefined,
      async stop() {
        await cluster[Symbol.asyncDispose]();
        await home[Symbol.asyncDispose]();
      },
    };
  },
});
