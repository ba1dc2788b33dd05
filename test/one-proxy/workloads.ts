/** What runs on the cluster behind the one proxy: a database, a pod to work in, a chart; the web application is examples/demo. */
import { chown, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { postgresAccount, postgresPath } from '../peers/postgres.ts';
import { whenGone } from '../when-gone.ts';

export const namespace = 'demo';
export const user = 'app';

export interface DatabaseImage extends AsyncDisposable {
  /** Command that stands for the image. */
  command: string;
}

/** A PostgreSQL whose data outlive its pod. It refuses to run as root: where the node does, it runs as the package's user. */
export async function openDatabaseImage(): Promise<DatabaseImage> {
  const directory = await mkdtemp(join(tmpdir(), 'fairlead-postgres-'));
  const watched = whenGone('sleep 11; rm -rf "$1"', [directory]);
  const account = await postgresAccount();
  const data = join(directory, 'data');
  await mkdir(data, { mode: 0o700 });
  if (account !== undefined) for (const path of [directory, data]) await chown(path, account.uid, account.gid);
  const as = account === undefined ? '' : `setpriv --reuid=${account.uid} --regid=${account.gid} --clear-groups `;
  const script = `cd ${directory}
# One at a time: the pod before is still ending.
while [ -e ${data}/postmaster.pid ]; do sleep 0.1; done
if ! [ -e ${data}/ready ]; then
  ${as}${postgresPath('initdb')} -D ${data} -U ${user} -A trust -E UTF8 --no-locale --no-sync >${directory}/initdb.log || exit 1
  echo 'host all all all trust' >>${data}/pg_hba.conf
  touch ${data}/ready
fi
${as}${postgresPath('postgres')} -D ${data} -h "$POD_IP" -p 5432 -k '' &
server=$!
# A fast shutdown: sessions are ended, what they had committed stays.
trap 'kill -INT $server' TERM
wait $server
wait $server
`;
  const file = join(directory, 'run.sh');
  await writeFile(file, script);
  return {
    command: `/bin/sh ${file}`,
    async [Symbol.asyncDispose]() {
      watched[Symbol.dispose]();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

const metadata = (name: string) => ({ name, namespace });

function deployment(name: string, replicas: number, container: object): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(name),
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 5, containers: [{ name, ...container }] },
      },
    },
  };
}

/** For kubectl apply, beside the web application. The images are `db` and `shell`. */
export const manifests = {
  apiVersion: 'v1',
  kind: 'List',
  items: [
    deployment('db', 1, {
      image: 'db',
      env: [{ name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } }],
      ports: [{ containerPort: 5432 }],
      readinessProbe: { tcpSocket: { port: 5432 }, periodSeconds: 1 },
    }),
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata('db'),
      spec: { selector: { app: 'db' }, ports: [{ port: 5432 }] },
    },
    {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: metadata('shell'),
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [{ name: 'c', image: 'shell', args: ['-c', 'while :; do echo tick; sleep 0.2; done'] }],
      },
    },
  ],
};

/** Writes a small chart: a Deployment without a port, a ConfigMap that changes with a value, an account with a role. */
export async function writeChart(directory: string): Promise<string> {
  const chart = join(directory, 'chart');
  await mkdir(join(chart, 'templates'), { recursive: true });
  const named = 'name: {{ .Release.Name }}';
  const files = {
    'Chart.yaml': 'apiVersion: v2\nname: journey\nversion: 0.1.0\nappVersion: "1"\n',
    'values.yaml': 'greeting: hello\nreplicas: 1\n',
    'templates/config.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  ${named}
data:
  greeting: {{ .Values.greeting | quote }}
---
apiVersion: v1
kind: Secret
metadata:
  ${named}
stringData:
  word: {{ .Values.greeting | b64enc }}
`,
    'templates/rights.yaml': `apiVersion: v1
kind: ServiceAccount
metadata:
  ${named}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  ${named}
rules:
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  ${named}
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: Role
  ${named}
subjects:
- kind: ServiceAccount
  ${named}
  namespace: {{ .Release.Namespace }}
`,
    'templates/workload.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  ${named}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels:
      app: {{ .Release.Name }}
  template:
    metadata:
      labels:
        app: {{ .Release.Name }}
      annotations:
        greeting: {{ .Values.greeting | quote }}
    spec:
      serviceAccountName: {{ .Release.Name }}
      terminationGracePeriodSeconds: 1
      containers:
      - name: c
        image: shell
        args: [-c, exec sleep 600]
---
apiVersion: v1
kind: Service
metadata:
  ${named}
spec:
  selector:
    app: {{ .Release.Name }}
  ports:
  - port: 80
`,
    'templates/NOTES.txt': 'It says {{ .Values.greeting }}.\n',
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(chart, name), text);
  return chart;
}
