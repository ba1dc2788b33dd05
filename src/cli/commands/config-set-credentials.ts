import { CommandError, defineCommand } from '../command.ts';
import type { FlagTable } from '../flags.ts';
import { changedUser, checkUserChange } from '../kubeconfig/change-user.ts';
import { readConfigFiles } from '../kubeconfig/config-files.ts';
import { writeEntry } from '../kubeconfig/write-entry.ts';
import { escapeControls } from '../print/escape.ts';

export const userFlags = {
  'client-certificate': { type: 'string', value: 'FILE', description: 'certificate of the user', complete: 'files' },
  'client-key': { type: 'string', value: 'FILE', description: 'key of that certificate', complete: 'files' },
  'embed-certs': { type: 'boolean', description: 'keep the content of these files instead of their paths' },
  token: { type: 'string', value: 'TOKEN', description: 'bearer token' },
  username: { type: 'string', value: 'NAME', description: 'user name of basic authentication' },
  password: { type: 'string', value: 'PASSWORD', description: 'password of basic authentication' },
  'auth-provider': { type: 'string', value: 'NAME', description: 'auth provider, such as oidc' },
  'auth-provider-arg': { type: 'list', value: 'KEY=VALUE', description: 'setting of the provider; KEY- removes it' },
  'exec-command': { type: 'string', value: 'COMMAND', description: 'command that prints credentials' },
  'exec-api-version': {
    type: 'string',
    value: 'VERSION',
    description: 'version that the command speaks',
    suggest: ['client.authentication.k8s.io/v1', 'client.authentication.k8s.io/v1beta1'],
  },
  'exec-arg': { type: 'list', value: 'ARGS', description: 'arguments of the command, in place of those it has' },
  'exec-env': { type: 'list', value: 'KEY=VALUE', description: 'environment of the command; KEY- removes it' },
  'exec-interactive-mode': {
    type: 'string',
    value: 'MODE',
    choices: ['IfAvailable', 'Never', 'Always'],
    description: 'whether the command may ask on the terminal',
  },
  'exec-provide-cluster-info': { type: 'boolean', description: 'tell the command which cluster it is for' },
} as const satisfies FlagTable;

export const configSetCredentialsCommand = defineCommand({
  usage: 'NAME',
  examples: [
    {
      does: 'One with a certificate, kept inside',
      line: 'fairlead config set-credentials me --client-certificate=me.crt --client-key=me.key --embed-certs',
    },
    {
      does: 'One whose credentials a command prints',
      line: 'fairlead config set-credentials me --exec-command=aws --exec-api-version=client.authentication.k8s.io/v1 --exec-arg=eks,get-token',
    },
  ],
  flags: userFlags,
  arguments: { min: 1, max: 1, complete: ['users'] },
  async run({ args: [name = ''], flags, globals, io }) {
    if (name === '') throw new CommandError('you must specify a non-empty user name');
    checkUserChange(flags);
    const files = await readConfigFiles(globals, io);
    await writeEntry(files, 'users', name, (fields, file) => changedUser(fields, flags, { cwd: io.cwd, file }));
    io.stdout.write(escapeControls(`User ${JSON.stringify(name)} set.\n`));
    return 0;
  },
});
