#!/usr/bin/env node
import { commandTable } from '../src/cli/commands/table.ts';
import { runCli } from '../src/cli/main.ts';
import { processIo } from '../src/cli/process-io.ts';
import { stopSignal } from '../src/cli/stop-signal.ts';

// What waits for something that never comes has failed.
process.exitCode = 1;
runCli(process.argv.slice(2), { commands: commandTable, io: processIo, signal: stopSignal() }).then((code) => {
  process.exitCode = code;
});
