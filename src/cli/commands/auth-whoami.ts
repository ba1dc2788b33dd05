import { isReason } from '../../api/status.ts';
import type { SelfSubjectReview } from '../../api/types/authentication-v1.ts';
import { openApiReader } from '../api-reader.ts';
import { CommandError, defineCommand } from '../command.ts';
import { objectOutputFlags, openStructPrinter } from '../print/struct-printer.ts';
import { cellText, TableLayout } from '../print/table-layout.ts';

export const authWhoamiCommand = defineCommand({
  usage: '',
  examples: [
    { does: 'Name, groups and more', line: 'fairlead auth whoami' },
    { does: 'Of another context, for a program', line: 'fairlead auth whoami --context staging -o json' },
  ],
  flags: objectOutputFlags,
  arguments: { min: 0, max: 0 },
  async run(invocation) {
    const { flags, io, signal } = invocation;
    const print = await openStructPrinter(flags, io);
    await using reader = await openApiReader(invocation);
    let review: SelfSubjectReview;
    try {
      review = await reader.client
        .resource<SelfSubjectReview>('authentication.k8s.io/v1', 'selfsubjectreviews')
        .create({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview', metadata: {} }, { signal });
    } catch (error) {
      if (isReason(error, 'Forbidden') || isReason(error, 'NotFound')) {
        throw new CommandError(
          'this cluster does not say who you are: it has no SelfSubjectReview (Kubernetes 1.28), or you may not ask',
        );
      }
      throw error;
    }
    if (print !== undefined) {
      await print({ ...review });
      return 0;
    }
    const { username, uid, groups = [], extra = {} } = review.status?.userInfo ?? {};
    const rows = [
      ['ATTRIBUTE', 'VALUE'],
      ...(username ? [['Username', username]] : []),
      ...(uid ? [['UID', uid]] : []),
      ...(groups.length > 0 ? [['Groups', goList(groups)]] : []),
      ...Object.entries(extra)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, values]) => [`Extra: ${key}`, goList(values)]),
    ];
    io.stdout.write(new TableLayout().lines(rows.map((row) => row.map(cellText))));
    return 0;
  },
});

/** `[a b]`, as kubectl prints lists. */
function goList(values: readonly string[]): string {
  return `[${values.join(' ')}]`;
}
