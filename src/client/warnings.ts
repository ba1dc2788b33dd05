/** Warnings that a server sends along with an answer: `Warning: 299 - "TEXT"` (RFC 7234, section 5.5). */
import type { HeaderLines } from '../net/http1/upstream.ts';

/** The texts, unquoted; a header line may carry several. */
export function warningsOf(headers: HeaderLines): string[] {
  const texts: string[] = [];
  for (const [name, value] of headers) {
    if (name.toLowerCase() !== 'warning') continue;
    for (const [, text = ''] of value.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
      texts.push(text.replaceAll(/\\(.)/g, '$1'));
    }
  }
  return texts;
}
