/** The command line with nothing but what is typed all day; the installed `fairlead` begins with it where it will do. */
import { getRow, versionRow } from '../src/cli/commands/quick-rows.ts';
import { runCli } from '../src/cli/main.ts';
import { processIo } from '../src/cli/process-io.ts';
import { stopSignal } from '../src/cli/stop-signal.ts';

process.exitCode = 1;
runCli(process.argv.slice(2), { commands: [getRow, versionRow], io: processIo, signal: stopSignal() }).then((code) => {
  process.exitCode = code;
});
