#!/usr/bin/env node
import { commandTable } from '../src/cli/commands/table.ts';
import { runCli } from '../src/cli/main.ts';
import { stopSignal } from '../src/cli/stop-signal.ts';

process.exitCode = await runCli(process.argv.slice(2), {
  commands: commandTable,
  io: { stdin: process.stdin, stdout: process.stdout, stderr: process.stderr, env: process.env, cwd: process.cwd() },
  signal: stopSignal(),
});
