/** What a user may have meant, kept beside an error: it is told on a line of its own, below the words that scripts know. */
import { escapeControls } from './print/escape.ts';

const hints = new WeakMap<Error, string>();

export function withHint<E extends Error>(error: E, hint: string | undefined): E {
  if (hint !== undefined) hints.set(error, hint);
  return error;
}

/** The hint that came with another error, which this one tells anew. */
export function withHintOf<E extends Error>(error: E, origin: Error): E {
  return withHint(error, hints.get(origin));
}

/** `didYouMean('web')`; undefined where nothing is near. */
export function didYouMean(close: string | undefined): string | undefined {
  return close === undefined ? undefined : `did you mean "${close}"?`;
}

/** The same at the end of a sentence, in brackets and with a blank before; empty where nothing is near. */
export function hintInBrackets(close: string | undefined): string {
  const hint = didYouMean(close);
  return hint === undefined ? '' : ` (${hint})`;
}

/** With its newline; empty for an error that came with no hint. */
export function hintLine(error: unknown): string {
  const hint = error instanceof Error ? hints.get(error) : undefined;
  return hint === undefined ? '' : `${escapeControls(hint)}\n`;
}
