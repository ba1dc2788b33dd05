import { defineCommand, UsageError } from '../command.ts';
import { escapeControls } from '../print/escape.ts';
import { findGateway } from '../proxy/find-gateway.ts';
import { formatExports, formatUnset, proxyExports, shellOf, shells } from '../proxy/shell-exports.ts';

export const envCommand = defineCommand({
  usage: '',
  description:
    'For tools that read proxy settings of the environment (curl, git, pip, Go and Python programs): cluster names such as\n' +
    'http://web.shop.svc/ lead to their services. Only names of the cluster do: use such a shell for nothing else.\n' +
    'With "fairlead proxy --kubeconfig-out FILE" KUBECONFIG is set too.',
  examples: [
    { does: 'Send the tools of this shell through the gateway', line: 'eval "$(fairlead env)"' },
    { does: 'The same for fish', line: 'fairlead env | source' },
    { does: 'Take it back', line: 'eval "$(fairlead env --unset)"' },
    { does: 'For a program', line: 'fairlead env --port 8002 -o json' },
  ],
  flags: {
    port: { type: 'integer', short: 'p', value: 'N', description: 'port of the gateway (default 8001)' },
    shell: {
      type: 'string',
      value: 'NAME',
      choices: shells,
      description: 'whose syntax to print: sh for bash and zsh too (default: by $SHELL)',
    },
    unset: { type: 'boolean', description: 'print what takes the settings back; needs no gateway' },
    output: {
      type: 'string',
      short: 'o',
      value: 'FORMAT',
      choices: ['json'],
      description: 'print the variables as JSON',
    },
  },
  arguments: { min: 0, max: 0 },
  async run({ flags, io, signal }) {
    const port = flags.port ?? 8001;
    if (port < 1 || port > 65_535) throw new UsageError(`invalid --port ${port}: from 1 to 65535`);
    if (flags.unset === true && flags.output !== undefined)
      throw new UsageError('--unset prints lines for a shell: leave -o out');
    const shell = shells.find((name) => name === flags.shell) ?? shellOf(io.env.SHELL);
    if (flags.unset === true) {
      io.stdout.write(formatUnset(proxyExports({ port, kubeconfig: '' }), shell));
      return 0;
    }
    const gateway = await findGateway(port, signal);
    if (gateway.warning !== undefined) io.stderr.write(`warning: ${escapeControls(gateway.warning)}\n`);
    const exports = proxyExports(gateway);
    io.stdout.write(flags.output === 'json' ? `${JSON.stringify(exports, null, 2)}\n` : formatExports(exports, shell));
    return 0;
  },
});
