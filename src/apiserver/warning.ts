/** `Warning` headers, by which clients show advice to people: RFC 7234 section 5.5 with code 299. */

/** Like kube-apiserver: what is longer is cut, and what is more is left out, for heads have limits at clients too. */
const LONGEST = 256;
const LONGEST_TOGETHER = 4096;

/** The headers' values for the texts; control characters, which no header may hold, are dropped. */
export function formatWarnings(texts: readonly string[]): string[] {
  const values: string[] = [];
  let room = LONGEST_TOGETHER;
  for (const text of texts) {
    const shown = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
    room -= shown.length;
    if (room < 0) return values;
    values.push(formatWarning(shown));
  }
  return values;
}

function formatWarning(text: string): string {
  const safe = text.replace(/[\u0000-\u001f\u007f]/g, '').replace(/["\\]/g, '\\$&');
  return `299 - "${Buffer.from(safe, 'utf8').toString('latin1')}"`;
}
