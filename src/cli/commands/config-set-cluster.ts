import { CommandError, defineCommand } from '../command.ts';
import { readConfigFiles } from '../kubeconfig/config-files.ts';
import { embeddedFile } from '../kubeconfig/embed-file.ts';
import { pathForFile, writeEntry } from '../kubeconfig/write-entry.ts';
import { escapeControls } from '../print/escape.ts';

export const configSetClusterCommand = defineCommand({
  usage: 'NAME',
  examples: [
    {
      does: 'One with its certificate authority inside',
      line: 'fairlead config set-cluster dev --server=https://10.0.0.1:6443 --certificate-authority=ca.crt --embed-certs',
    },
    { does: 'Through a proxy', line: 'fairlead config set-cluster dev --proxy-url=socks5://localhost:1080' },
  ],
  flags: {
    server: { type: 'string', value: 'URL', description: 'address of the API server' },
    'tls-server-name': { type: 'string', value: 'NAME', description: "name that the server's certificate must carry" },
    'insecure-skip-tls-verify': {
      type: 'boolean',
      description: "do not check the server's certificate: anybody in between can read and change everything",
    },
    'certificate-authority': {
      type: 'string',
      value: 'FILE',
      description: "certificate authority of the server's certificate",
      complete: 'files',
    },
    'embed-certs': { type: 'boolean', description: 'keep the content of that file instead of its path' },
    'proxy-url': { type: 'string', value: 'URL', description: 'http, https or socks5 proxy that leads to the server' },
  },
  arguments: { min: 1, max: 1, complete: ['clusters'] },
  async run({ args: [name = ''], flags, globals, io }) {
    const authority = flags['certificate-authority'];
    const insecure = flags['insecure-skip-tls-verify'];
    const embed = flags['embed-certs'] === true;
    if (name === '') throw new CommandError('you must specify a non-empty cluster name');
    if (insecure === true && authority) {
      throw new CommandError('you cannot specify a certificate authority and insecure mode at the same time');
    }
    if (embed && !authority) throw new CommandError('you must specify a --certificate-authority to embed');
    const files = await readConfigFiles(globals, io);
    await writeEntry(files, 'clusters', name, async (fields, file) => {
      const next: Record<string, unknown> = { ...fields };
      if (flags.server !== undefined) {
        next.server = flags.server;
        // It was the name of the server before.
        next['tls-server-name'] = undefined;
      }
      if (flags['tls-server-name'] !== undefined) next['tls-server-name'] = flags['tls-server-name'];
      if (insecure !== undefined) {
        next['insecure-skip-tls-verify'] = insecure || undefined;
        if (insecure) next['certificate-authority'] = next['certificate-authority-data'] = undefined;
      }
      if (authority !== undefined) {
        const data = embed ? await embeddedFile(authority, '--certificate-authority', io.cwd) : undefined;
        next['certificate-authority'] =
          embed || authority === '' ? undefined : pathForFile(authority, { cwd: io.cwd, file });
        next['certificate-authority-data'] = data;
        next['insecure-skip-tls-verify'] = undefined;
      }
      if (flags['proxy-url'] !== undefined) next['proxy-url'] = flags['proxy-url'];
      return next;
    });
    io.stdout.write(escapeControls(`Cluster ${JSON.stringify(name)} set.\n`));
    return 0;
  },
});
