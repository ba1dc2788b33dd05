import { kubeconfigPaths, readKubeconfig } from '../../client/kubeconfig-file.ts';
import { defineCommand, UsageError } from '../command.ts';
import { minify, viewOf } from '../kubeconfig/view.ts';
import { openObjectPrinter } from '../print/object-printer.ts';
import { outputFlags, parseOutputFormat } from '../print/output-format.ts';
import { formatStructured } from '../print/structured.ts';

export const configViewCommand = defineCommand({
  usage: '',
  description: 'Shows what the files of --kubeconfig, $KUBECONFIG or ~/.kube/config say together.',
  examples: [
    { does: 'All of it', line: 'fairlead config view' },
    { does: 'Only what the current context uses', line: 'fairlead config view --minify' },
    {
      does: 'One context in one piece with its secrets, to give to a program',
      line: 'fairlead config view --minify --flatten --context fairlead',
    },
    {
      does: "The current context's server",
      line: "fairlead config view --minify -o jsonpath='{.clusters[0].cluster.server}'",
    },
  ],
  flags: {
    raw: { type: 'boolean', description: 'show certificates, keys and tokens too' },
    minify: { type: 'boolean', description: 'only what the current context (or --context) uses' },
    flatten: {
      type: 'boolean',
      description: 'with the content of the files that it names, so that it can be taken elsewhere; shows secrets too',
    },
    merge: { type: 'boolean', description: 'all files together (default true; false needs --kubeconfig)' },
    output: {
      ...outputFlags.output,
      description: 'yaml (default), json, name, jsonpath=TEMPLATE, jsonpath-as-json=, jsonpath-file=',
      suggest: ['yaml', 'json', 'name', 'jsonpath='],
    },
    template: outputFlags.template,
    'allow-missing-template-keys': outputFlags['allow-missing-template-keys'],
  },
  arguments: { min: 0, max: 0 },
  async run({ flags, globals, io }) {
    const format = await parseOutputFormat(flags.output ?? 'yaml', { template: flags.template, cwd: io.cwd });
    if (format.kind === 'table' || format.kind === 'custom-columns') {
      throw new UsageError(`invalid value "${flags.output}" for --output: allowed are yaml, json, name and jsonpath=…`);
    }
    if (flags.merge === false && !globals.kubeconfig) {
      throw new UsageError('--merge=false shows one file: name it with --kubeconfig');
    }
    const { paths, required } = kubeconfigPaths(globals.kubeconfig, io.env);
    const read = await readKubeconfig(paths, required);
    const config = flags.minify === true ? minify(read, globals.context) : read;
    const view = await viewOf(config, { raw: flags.raw === true, flatten: flags.flatten === true });
    if (format.kind === 'name') {
      // The kind and the name of an object that has none, in kubectl's words.
      io.stdout.write('config/<unknown>\n');
      return 0;
    }
    if (format.kind === 'json') {
      io.stdout.write(await formatStructured(view, 'json', io.stdout, { keepOrder: true }));
      return 0;
    }
    const printer = await openObjectPrinter(
      format,
      { allowMissingKeys: flags['allow-missing-template-keys'] },
      io.stdout,
    );
    io.stdout.write(await printer.print(view));
    return 0;
  },
});
