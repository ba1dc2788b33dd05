/** Two programs about the same thing, though it grows older and may still change while they run. */
import type { Finished } from '../fairlead-process.ts';

/** As kubectl prints ages, and what looks like one: that must stay the same. */
const age = /\b(?:\d+[ydhms])+\b/g;
const seconds: Readonly<Record<string, number>> = { y: 31_536_000, d: 86_400, h: 3600, m: 60, s: 1 };

function secondsOf(text: string): number {
  return [...text.matchAll(/(\d+)([ydhms])/g)].reduce(
    (sum, [, count, unit = '']) => sum + Number(count) * (seconds[unit] ?? 0),
    0,
  );
}

const withoutAges = (text: string): string => text.replace(age, 'AGE');

/** Whether it says what both others say, and is no younger than what was said before it and no older than what was after it. */
function isBetween(text: string, before: string, after: string): boolean {
  if (withoutAges(text) !== withoutAges(before)) return false;
  const [ages, least, most] = [text, before, after].map((each) => each.match(age) ?? []);
  return (ages ?? []).every((each, index) => {
    const [from = '', to = ''] = [least?.[index], most?.[index]];
    return from === to ? each === from : secondsOf(from) <= secondsOf(each) && secondsOf(each) <= secondsOf(to);
  });
}

/**
 * The answers of both about one state. Where ages differ only because one looked later than the other, theirs is told with our ages:
 * kubectl looks once more after us, and ours must lie between its two.
 */
export async function inOneState(
  kubectl: () => Promise<Finished>,
  fairlead: () => Promise<Finished>,
): Promise<[theirs: Finished, ours: Finished]> {
  let [theirs, ours] = await Promise.all([kubectl(), fairlead()]);
  for (let looks = 0; theirs.stdout !== ours.stdout && looks < 3; ) {
    theirs = await kubectl();
    ours = await fairlead();
    const after = await kubectl();
    // What changed meanwhile tells nothing of us.
    if (withoutAges(theirs.stdout) !== withoutAges(after.stdout)) continue;
    looks++;
    if (isBetween(ours.stdout, theirs.stdout, after.stdout)) theirs = { ...theirs, stdout: ours.stdout };
  }
  return [theirs, ours];
}
