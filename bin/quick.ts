/** The command line with nothing but what is typed all day; the installed `fairlead` begins with it where it will do. */
import type { CommandRow } from '../src/cli/commands/table.ts';
import { runCli } from '../src/cli/main.ts';
import { processIo } from '../src/cli/process-io.ts';
import { stopSignal } from '../src/cli/stop-signal.ts';

const quick: readonly CommandRow[] = [
  { name: 'get', group: 'objects', load: async () => (await import('../src/cli/commands/get.ts')).getCommand },
  {
    name: 'version',
    group: 'about',
    load: async () => (await import('../src/cli/commands/version.ts')).versionCommand,
  },
];

process.exitCode = 1;
runCli(process.argv.slice(2), { commands: quick, io: processIo, signal: stopSignal() }).then((code) => {
  process.exitCode = code;
});
