/** `Warning` headers, by which clients show advice to people: RFC 7234 section 5.5 with code 299. */

/** The header's value for one text; control characters, which no header may hold, are dropped. */
export function formatWarning(text: string): string {
  const safe = text.replace(/[\u0000-\u001f\u007f]/g, '').replace(/["\\]/g, '\\$&');
  return `299 - "${Buffer.from(safe, 'utf8').toString('latin1')}"`;
}
