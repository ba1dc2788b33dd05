/** Forms of names: each function returns upstream's complaints about a text, none when it is right. */

const label = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label}(\\.${label})*`;
const dns1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const qualified = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${qualified})?`;
const configKey = '[-._a-zA-Z0-9]+';
const headerName = '[-A-Za-z0-9]+';

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`);
const patterns = {
  label: whole(label),
  subdomain: whole(subdomain),
  dns1035: whole(dns1035),
  qualified: whole(qualified),
  labelValue: whole(labelValue),
  configKey: whole(configKey),
  headerName: whole(headerName),
};

const alphanumeric = 'must start and end with an alphanumeric character';
const qualifiedRule = `must consist of alphanumeric characters, '-', '_' or '.', and ${alphanumeric}`;

/** How upstream explains a pattern: examples, then the expression. */
function patternComplaint(rule: string, pattern: string, ...examples: string[]): string {
  const shown = examples.map((example) => `'${example}', `).join(' or ');
  return `${rule} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

/** Upstream counts bytes everywhere, and says so for labels only. */
function tooLong(text: string, maximum: number, unit: 'bytes' | 'characters' = 'characters'): string[] {
  return Buffer.byteLength(text) > maximum ? [`must be no more than ${maximum} ${unit}`] : [];
}

export function complainAboutDnsLabel(text: string): string[] {
  const errors = tooLong(text, 63);
  if (patterns.label.test(text)) return errors;
  if (patterns.subdomain.test(text)) return [...errors, 'must not contain dots'];
  const rule = `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and ${alphanumeric}`;
  return [...errors, patternComplaint(rule, label, 'my-name', '123-abc')];
}

export function complainAboutDnsSubdomain(text: string): string[] {
  const errors = tooLong(text, 253);
  if (patterns.subdomain.test(text)) return errors;
  const rule = `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and ${alphanumeric}`;
  return [...errors, patternComplaint(rule, subdomain, 'example.com')];
}

export function complainAboutDns1035Label(text: string): string[] {
  const errors = tooLong(text, 63);
  if (patterns.dns1035.test(text)) return errors;
  const rule =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
  return [...errors, patternComplaint(rule, dns1035, 'my-name', 'abc-123')];
}

/** `name` or `prefix/name`, as keys of labels and annotations are. */
export function complainAboutQualifiedName(text: string): string[] {
  const parts = text.split('/');
  const [first = '', second] = parts;
  if (parts.length > 2) {
    const explained = patternComplaint(qualifiedRule, qualified, 'MyName', 'my.name', '123-abc');
    return [`a valid label key ${explained} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`];
  }
  const errors: string[] = [];
  if (second !== undefined) {
    if (first === '') errors.push('prefix part must be non-empty');
    else errors.push(...complainAboutDnsSubdomain(first).map((complaint) => `prefix part ${complaint}`));
  }
  const name = second ?? first;
  if (name === '') errors.push('name part must be non-empty');
  else errors.push(...tooLong(name, 63, 'bytes').map((complaint) => `name part ${complaint}`));
  if (!patterns.qualified.test(name)) {
    errors.push(`name part ${patternComplaint(qualifiedRule, qualified, 'MyName', 'my.name', '123-abc')}`);
  }
  return errors;
}

export function complainAboutLabelValue(text: string): string[] {
  const errors = tooLong(text, 63, 'bytes');
  if (patterns.labelValue.test(text)) return errors;
  const rule = `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and ${alphanumeric}`;
  return [...errors, patternComplaint(rule, labelValue, 'MyValue', 'my_value', '12345')];
}

/** Keys of ConfigMaps and Secrets, which become file names. */
export function complainAboutConfigKey(text: string): string[] {
  const errors = tooLong(text, 253);
  if (!patterns.configKey.test(text)) {
    const rule = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'";
    errors.push(patternComplaint(rule, configKey, 'key.name', 'KEY_NAME', 'key-name'));
  }
  if (text === '.' || text === '..') errors.push(`must not be '${text}'`);
  else if (text.startsWith('..')) errors.push("must not start with '..'");
  return errors;
}

export function complainAboutEnvName(text: string): string[] {
  if (text === '') return ['environment variable name must be non-empty'];
  if (/^[\x20-\x3c\x3e-\x7e]+$/.test(text)) return [];
  return ["a valid environment variable name must consist only of printable ASCII characters other than '='"];
}

/** Names of container ports, as IANA has service names. */
export function complainAboutPortName(text: string): string[] {
  const errors = tooLong(text, 15);
  if (!/^[-a-z0-9]+$/.test(text)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  if (!/[a-z]/.test(text)) errors.push('must contain at least one letter (a-z)');
  if (text.includes('--')) errors.push('must not contain consecutive hyphens');
  if (text.startsWith('-') || text.endsWith('-')) errors.push('must not begin or end with a hyphen');
  return errors;
}

export function complainAboutHeaderName(text: string): string[] {
  if (patterns.headerName.test(text)) return [];
  const rule = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return [patternComplaint(rule, headerName, 'X-Header-Name')];
}

/** Names that become a part of a path: kinds without a stricter rule, such as roles. */
export function complainAboutPathSegment(text: string): string[] {
  if (text === '.' || text === '..') return [`may not be '${text}'`];
  return ['/', '%'].filter((sign) => text.includes(sign)).map((sign) => `may not contain '${sign}'`);
}

export function complainAboutPort(port: number): string[] {
  return port >= 1 && port <= 65535 ? [] : ['must be between 1 and 65535, inclusive'];
}

export function complainAboutPortNumberOrName(port: number | string): string[] {
  return typeof port === 'number' ? complainAboutPort(port) : complainAboutPortName(port);
}
