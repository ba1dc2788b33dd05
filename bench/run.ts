/** `npm run bench [NAME...]`: each bench runs the peer and Fairlead in one run and prints ratios. Exit code 1 when a limit was missed. */
const benches: Readonly<Record<string, () => Promise<boolean>>> = {
  startup: async () => (await import('./startup.ts')).benchStartup(),
  'cli-startup': async () => (await import('./cli-startup.ts')).benchCliStartup(),
  client: async () => (await import('./client.ts')).benchClient(),
  api: async () => (await import('./api.ts')).benchApi(),
  'port-forward': async () => (await import('./port-forward.ts')).benchPortForward(),
  storage: async () => (await import('./storage.ts')).benchStorage(),
  gateway: async () => (await import('./gateway.ts')).benchGateway(),
  'gateway-transfer': async () => (await import('./gateway-transfer.ts')).benchGatewayTransfer(),
  'gateway-latency': async () => (await import('./gateway-latency.ts')).benchGatewayLatency(),
  'gateway-websockets': async () => (await import('./gateway-websockets.ts')).benchGatewayWebSockets(),
  'gateway-churn': async () => (await import('./gateway-churn.ts')).benchGatewayChurn(),
  applications: async () => (await import('./applications.ts')).benchApplications(),
  failover: async () => (await import('./failover.ts')).benchFailover(),
  balance: async () => (await import('./balance.ts')).benchBalance(),
  testing: async () => (await import('./testing.ts')).benchTesting(),
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(benches, name));
if (unknown.length > 0) {
  console.error(`no bench named ${unknown.join(', ')}; there are: ${Object.keys(benches).join(', ')}`);
  process.exit(2);
}
let met = true;
for (const [name, run] of Object.entries(benches)) {
  if (asked.length === 0 || asked.includes(name)) met = (await run()) && met;
}
process.exitCode = met ? 0 : 1;
