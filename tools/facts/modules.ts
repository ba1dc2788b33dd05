/** Finds the Go modules that the facts come from, through the ordinary `go` client. */
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';

export const kubernetesVersion = 'v1.36.3';
const stagingVersion = 'v0.36.3';

export interface Modules {
  kubernetes: string;
  api: string;
  apimachinery: string;
  aggregator: string;
  apiextensions: string;
}

/** The module's folder; downloads it when the module cache lacks it. */
async function moduleFolder(name: string, version: string): Promise<string> {
  const run = promisify(execFile);
  const { stdout } = await run('go', ['mod', 'download', '-json', `${name}@${version}`], { cwd: tmpdir() });
  const answer: unknown = JSON.parse(stdout);
  if (typeof answer === 'object' && answer !== null && 'Dir' in answer && typeof answer.Dir === 'string') {
    return answer.Dir;
  }
  throw new Error(`go mod download names no folder for ${name}@${version}: ${stdout}`);
}

export async function findModules(): Promise<Modules> {
  const [kubernetes, api, apimachinery, aggregator, apiextensions] = await Promise.all([
    moduleFolder('k8s.io/kubernetes', kubernetesVersion),
    moduleFolder('k8s.io/api', stagingVersion),
    moduleFolder('k8s.io/apimachinery', stagingVersion),
    moduleFolder('k8s.io/kube-aggregator', stagingVersion),
    moduleFolder('k8s.io/apiextensions-apiserver', stagingVersion),
  ]);
  return { kubernetes, api, apimachinery, aggregator, apiextensions };
}
