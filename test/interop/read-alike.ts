/** The same command lines by the real kubectl and by Fairlead about the same objects: for what only reads. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { peerPath } from '../peers/build.ts';
import { clusters, type Side, skipBesideKubectl } from './beside-kubectl.ts';
import { inOneState } from './in-one-state.ts';

export interface Alike {
  /** Arguments of kubectl, with what goes to its standard input; run in this order before the lines. */
  prepare: readonly { args: readonly string[]; input?: string }[];
  /** Words separated by spaces; quotes are not read. */
  lines: readonly string[];
  /** Lines for both programs in another time zone. */
  elsewhere?: { timeZone: string; lines: readonly string[] };
  /** Where kinds are needed that the embedded cluster has not. */
  onlyReal?: boolean;
}

/** One test for each line, on each kind of cluster: the same bytes on stdout, the same exit code, a complaint from both or none. */
export function readAlike(title: string, { prepare, lines, elsewhere, onlyReal = false }: Alike): void {
  for (const [name, start] of Object.entries(clusters)) {
    if (onlyReal && name === 'the embedded cluster') continue;
    describe(`${title}, on ${name}`, { skip: skipBesideKubectl }, () => {
      let side: Side;
      before(async () => {
        side = await start({});
        for (const { args, input } of prepare) {
          const { code, stderr } = await side.home.run(peerPath('kubectl'), [...side.flags, ...args], input);
          assert.equal(code, 0, `kubectl ${args.join(' ')}: ${stderr}`);
        }
      });
      after(() => side?.stop());
      const alike = (line: string, env: Readonly<Record<string, string>>) => async () => {
        const args = [...side.flags, ...line.split(' ')];
        const both = await inOneState(
          () => side.home.run(peerPath('kubectl'), args, '', env),
          () => side.home.fairleadWith(env, ...args),
        );
        const [theirs, ours] = both.map(({ code, stdout, stderr }) => ({ code, stdout, complains: stderr !== '' }));
        assert.deepEqual(ours, theirs);
      };
      for (const line of lines) test(line, alike(line, {}));
      const { timeZone = '', lines: again = [] } = elsewhere ?? {};
      for (const line of again) test(`${line}, in ${timeZone}`, alike(line, { TZ: timeZone }));
    });
  }
}
