/** The program behind `mergeContextApart`. */
import { answerApart } from '../apart.ts';
import type { ContextToMerge } from './merge-context.ts';
import { mergeContext } from './merge-context.ts';

await answerApart((merge) => mergeContext(merge as ContextToMerge));
