/** The program behind `deployDemo`. */
import type { ClientConfig } from '../../client/client-config.ts';
import { openClusterClient } from '../../client/cluster-client-http.ts';
import { answerApart } from '../apart.ts';
import { applyDemo } from './demo.ts';

await answerApart(async (config) => {
  await using client = openClusterClient(config as ClientConfig);
  await applyDemo(client);
});
