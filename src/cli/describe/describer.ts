/** What a describer is: it writes what is to be known of one object. Events come after it, by themselves. */
import type { KubeObject } from '../../api/object.ts';
import type { Description } from './description.ts';
import type { Related } from './related.ts';

export type Describer<T extends KubeObject> = (object: T, out: Description, related: Related) => Promise<void> | void;
