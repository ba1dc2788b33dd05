import { CommandError, defineCommand, UsageError } from '../command.ts';
import { parseDryRun } from '../objects/dry-run.ts';
import { eachTarget } from '../objects/each-target.ts';
import { withLastApplied } from '../objects/last-applied.ts';
import { dryRunFlag, fieldManagerFlag, fileFlags } from '../objects/object-flags.ts';
import { openObjects } from '../objects/open-objects.ts';
import { openOutcomePrinter, outcomeFlags } from '../objects/print-outcome.ts';
import { parseValidation, validateFlag } from '../objects/validation.ts';

export const createCommand = defineCommand({
  usage: '-f FILE',
  examples: [
    { does: 'What a file holds', line: 'fairlead create -f app.yaml' },
    { does: 'From standard input', line: 'fairlead create -f - < app.yaml' },
    { does: 'A Deployment without a file', line: 'fairlead create deployment web --image=fairlead.local/echo' },
  ],
  flags: {
    ...fileFlags,
    ...dryRunFlag,
    ...outcomeFlags,
    ...validateFlag,
    ...fieldManagerFlag('kubectl-create'),
    'save-config': { type: 'boolean', description: 'keep the configuration in an annotation, for a later apply' },
  },
  arguments: { min: 0, max: Number.POSITIVE_INFINITY },
  async run(invocation) {
    const { args, flags, io, signal } = invocation;
    const [word] = args;
    if (word !== undefined) throw new UsageError(`the kind comes before the flags: create ${word} …`);
    if (flags.filename.length === 0 && flags.kustomize === undefined) {
      throw new UsageError('say what to create: a file with -f, or a kind (create deployment …)');
    }
    const dryRun = parseDryRun(flags['dry-run'], io);
    const printer = await openOutcomePrinter(io, { flags, dryRun });
    const fieldValidation = parseValidation(flags.validate);
    await using objects = await openObjects(invocation);
    const chosen = await objects.selectSome([], flags);
    if (chosen.targets.length === 0 && chosen.problems.length === 0)
      throw new CommandError('no objects passed to create');
    return await eachTarget(chosen, { objects, io, signal, doing: 'creating' }, async (target) => {
      const { object } = target;
      if (object === undefined) throw new CommandError(`${target.name} has no object`);
      const body = flags['save-config'] === true ? withLastApplied(object) : object;
      const made =
        dryRun === 'client'
          ? body
          : await objects.call(target, {
              method: 'POST',
              body,
              fieldManager: flags['field-manager'] ?? 'kubectl-create',
              fieldValidation,
              dryRun: dryRun === 'server',
            });
      await printer.print({ object: made, done: 'created' });
    });
  },
});
