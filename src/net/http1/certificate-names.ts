/** Whether a certificate is for a host, by the rule of Go's clients: it counts labels otherwise than Node's and OpenSSL's. */

/** An entry of the names; what has commas or other marks in it stands in quotes, as JSON. */
const entry = /(?:[^",]|"(?:[^"\\]|\\.)*")+/g;
const quotedName = /^DNS:("(?:[^"\\]|\\.)*")$/;

/**
 * `names` are all of a certificate as Node writes them (`subjectaltname`), the host has no dot at its end. A `*` that is the whole first
 * label stands for any one label, however few follow; a name with one elsewhere is no pattern.
 */
export function carriesHost(names: string, host: string): boolean {
  const wanted = lowerCase(host);
  const labels = isHost(wanted) ? wanted.split('.') : undefined;
  return dnsNames(names).some((name) => {
    if (labels === undefined || !isPattern(name)) return lowerCase(name) === wanted && wanted !== '';
    const pattern = lowerCase(name).split('.');
    return (
      pattern.length === labels.length &&
      pattern.every((label, at) => label === labels[at] || (at === 0 && label === '*'))
    );
  });
}

function dnsNames(names: string): string[] {
  return (names.match(entry) ?? []).flatMap((text) => {
    const name = text.trim();
    if (!name.startsWith('DNS:')) return [];
    const quoted = quotedName.exec(name)?.[1];
    return quoted === undefined ? [name.slice('DNS:'.length)] : [String(JSON.parse(quoted))];
  });
}

function isHost(name: string): boolean {
  return name.split('.').every(isLabel);
}

function isPattern(name: string): boolean {
  return isHost(name.startsWith('*.') ? name.slice(2) : name);
}

/** Some in use have underscores. */
function isLabel(label: string): boolean {
  return /^[a-z\d_][a-z\d_-]*$/i.test(label);
}

/** Of ASCII alone: other letters have lower cases in ASCII. */
function lowerCase(name: string): string {
  return name.replaceAll(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
