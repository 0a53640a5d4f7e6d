import { existsSync } from 'node:fs';
import { run } from '../base/command.ts';
import { placeOf } from '../cluster/place.ts';
import { kubectl as kubectlBinary } from '../parts/kubectl.ts';
import { demoCluster } from './demo-cluster.ts';

/** kubectl of a fixed version against one cluster. */
export interface Kubectl {
  readonly kubeconfig: string;
  readonly binary: string;
  /** Runs kubectl and gives its standard output; throws with its last lines when it fails. */
  run(...args: readonly string[]): Promise<string>;
  /** `kubectl apply -f -` of YAML text. */
  applyText(yaml: string): Promise<string>;
  /** `kubectl delete -f -` of YAML text, with these options. */
  deleteText(yaml: string, options: readonly string[]): Promise<string>;
}

export async function kubectlFor(kubeconfig: string): Promise<Kubectl> {
  const binary = await kubectlBinary();
  const base = ['--kubeconfig', kubeconfig];
  return {
    kubeconfig,
    binary,
    run: (...args) => run(binary, [...base, ...args]),
    applyText: (yaml) => run(binary, [...base, 'apply', '-f', '-'], { input: yaml }),
    deleteText: (yaml, options) =>
      run(binary, [...base, 'delete', ...options, '-f', '-'], { input: yaml }),
  };
}

/** Whether the API server that the kubeconfig names answers within five seconds. */
async function isReachable(kubectl: Kubectl): Promise<boolean> {
  return kubectl.run('version', '--request-timeout=5s').then(
    () => true,
    () => false,
  );
}

/**
 * The cluster that KUBECONFIG names; undefined when it names no file, or the demo's own local cluster.
 * Throws when it does not answer.
 */
export async function givenCluster(): Promise<Kubectl | undefined> {
  const given = process.env['KUBECONFIG'];
  if (given === undefined || !existsSync(given)) return undefined;
  if (given === placeOf(demoCluster).kubeconfig) return undefined;
  const kubectl = await kubectlFor(given);
  if (await isReachable(kubectl)) return kubectl;
  throw new Error(
    `KUBECONFIG=${given} names a cluster that does not answer; unset it to use a local one`,
  );
}
