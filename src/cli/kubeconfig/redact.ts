/** What of a kubeconfig may be seen: everything but what lets somebody in. */

const data = 'DATA+OMITTED';
const secret = 'REDACTED';
const secretName = /token|secret|passw|key|credential|auth/i;

type Fields = Readonly<Record<string, unknown>>;

/** The fields of a cluster or user, without keys, tokens and passwords; also those in URLs and in settings of plugins. */
export function redactEntry(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactField(name, value)]));
}

function redactField(name: string, value: unknown): unknown {
  switch (name) {
    case 'certificate-authority-data':
    case 'client-certificate-data':
    case 'client-key-data':
      return value === '' ? value : data;
    case 'token':
    case 'password':
      return value === '' ? value : secret;
    case 'server':
    case 'proxy-url':
      return typeof value === 'string' ? redactUrl(value) : value;
    case 'auth-provider':
      return isFields(value) ? { ...value, config: redactSettings(value.config) } : value;
    case 'exec':
      return isFields(value) ? redactExec(value) : value;
    default:
      return value;
  }
}

function redactExec(exec: Fields): Fields {
  const { args, env } = exec;
  return {
    ...exec,
    ...(Array.isArray(args) && { args: redactArguments(args) }),
    ...(Array.isArray(env) && { env: env.map(redactVariable) }),
  };
}

/** Arguments of a command, without the values of flags such as `--client-secret=…` and `--token …`. */
export function redactArguments(args: readonly unknown[]): unknown[] {
  let ofSecret = false;
  return args.map((arg) => {
    const text = typeof arg === 'string' ? arg : '';
    const after = ofSecret && !text.startsWith('-');
    const [flag = '', ...value] = text.split('=');
    const named = flag.startsWith('-') && secretName.test(flag);
    ofSecret = named && value.length === 0;
    if (after) return secret;
    return named && value.length > 0 ? `${flag}=${secret}` : arg;
  });
}

function redactUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || url.password === '') return text;
  return text.replace(/^([a-z0-9+.-]+:\/\/[^:@/]*):[^@/]*@/i, `$1:${secret}@`);
}

function redactSettings(config: unknown): unknown {
  if (!isFields(config)) return config;
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, secretName.test(name) ? secret : value]),
  );
}

function redactVariable(variable: unknown): unknown {
  if (!isFields(variable) || !secretName.test(String(variable.name))) return variable;
  return { ...variable, value: secret };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
