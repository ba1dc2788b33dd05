import { readFileSync } from 'node:fs';
import { isRecord } from '../../lib/is-record.ts';
import { defineCommand, type Invocation } from '../command.ts';
import { escapeControls } from '../print/escape.ts';

export const versionCommand = defineCommand({
  usage: '',
  examples: [
    { does: 'Both versions', line: 'fairlead version' },
    { does: 'Without asking a cluster', line: 'fairlead version --client' },
    { does: 'For a program', line: 'fairlead version -o json' },
  ],
  flags: {
    client: { type: 'boolean', description: 'ask no cluster' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['json', 'yaml'],
      description: 'print in this form',
    },
  },
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const { flags, io } = invocation;
    const clientVersion = ownVersion();
    const server = flags.client === true ? undefined : await serverVersion(invocation);
    const serverInfo = server instanceof Error || !isRecord(server) ? undefined : server;
    if (flags.output === 'json' || flags.output === 'yaml') {
      const value = { clientVersion, ...(serverInfo === undefined ? {} : { serverVersion: serverInfo }) };
      const { formatStructured } = await import('../print/structured.ts');
      io.stdout.write(await formatStructured(value, flags.output, io.stdout));
    } else {
      io.stdout.write(`Client Version: ${clientVersion.gitVersion}\n`);
      if (serverInfo !== undefined) {
        io.stdout.write(escapeControls(`Server Version: ${String(serverInfo.gitVersion)}\n`));
      }
    }
    // What can be told is told first.
    if (server instanceof Error) throw server;
    return 0;
  },
});

function ownVersion(): { gitVersion: string; platform: string; nodeVersion: string } {
  const manifest: unknown = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  const version = isRecord(manifest) ? String(manifest.version) : 'unknown';
  return { gitVersion: `v${version}`, platform: `${process.platform}/${process.arch}`, nodeVersion: process.version };
}

async function serverVersion(invocation: Pick<Invocation, 'globals' | 'io' | 'signal'>): Promise<unknown> {
  try {
    const { openApiReader } = await import('../api-reader.ts');
    await using reader = await openApiReader({ ...invocation, onlyServer: true });
    return await reader.getJson('/version');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
