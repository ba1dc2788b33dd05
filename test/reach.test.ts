/** `ls`, `open`, `forward` and `why` on the embedded cluster. */
import { Home, RunningFairlead } from './fairlead-process.ts';
import { reachTests } from './reach/reach-cases.ts';

reachTests('reaching services of the embedded cluster', {
  skip: false,
  async start() {
    const home = await Home.make();
    const running = await RunningFairlead.up(home, '--data=:memory:');
    return {
      home,
      apiUrl: running.apiUrl,
      gatewayUrl: running.gatewayUrl,
      async stop() {
        await running[Symbol.asyncDispose]();
        await home[Symbol.asyncDispose]();
      },
    };
  },
});
