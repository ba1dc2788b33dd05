/** A local port for what is not TCP would never lead anywhere: it is refused. All else that is wrong may pass. */
import type { ServiceTarget } from './destination.ts';
import type { Destinations } from './destinations.ts';
import { formatTarget } from './forward-spec.ts';
import { ListenError } from './listeners.ts';
import { problemText } from './problem.ts';

/** So long the cluster may take to say so before the port is opened. */
const patienceMs = 1000;

/** Rejects with ListenError. What the cluster says only later is told to `log`. */
export async function refuseNotTcp(
  target: ServiceTarget,
  { destinations, log }: { destinations: Destinations; log(line: string): void },
): Promise<void> {
  const finding = destinations
    .whyNotTcp(target)
    .then((problem) => problem && `${formatTarget(target)}: ${problemText(problem)}`);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), patienceMs);
  });
  const why = await Promise.race([finding, late]);
  clearTimeout(timer);
  if (why === 'late') void finding.then((then) => then !== undefined && log(then));
  else if (why !== undefined) throw new ListenError(why);
}
