import { readFile } from 'node:fs/promises';
import { openApiReader } from '../api-reader.ts';
import { defineCommand, type Invocation } from '../command.ts';
import { isRecord } from '../get/resource-types.ts';
import { escapeControls } from '../print/escape.ts';
import { formatStructured } from '../print/structured.ts';

export const versionCommand = defineCommand({
  usage: '',
  summary: "Show this program's version and the cluster's",
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
    const clientVersion = await ownVersion();
    const server = flags.client === true ? undefined : await serverVersion(invocation);
    const serverInfo = server instanceof Error || !isRecord(server) ? undefined : server;
    if (flags.output === 'json' || flags.output === 'yaml') {
      const value = { clientVersion, ...(serverInfo === undefined ? {} : { serverVersion: serverInfo }) };
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

async function ownVersion(): Promise<{ gitVersion: string; platform: string; nodeVersion: string }> {
  const manifest: unknown = JSON.parse(await readFile(new URL('../../../package.json', import.meta.url), 'utf8'));
  const version = isRecord(manifest) ? String(manifest.version) : 'unknown';
  return { gitVersion: `v${version}`, platform: `${process.platform}/${process.arch}`, nodeVersion: process.version };
}

async function serverVersion(invocation: Pick<Invocation, 'globals' | 'io' | 'signal'>): Promise<unknown> {
  try {
    await using reader = await openApiReader(invocation);
    return await reader.getJson('/version');
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
