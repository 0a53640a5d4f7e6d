import { run } from '../base/command.ts';
import { kubectl as kubectlBinary } from '../parts/kubectl.ts';

/** kubectl of a fixed version against one cluster. */
export interface Kubectl {
  readonly kubeconfig: string;
  readonly binary: string;
  /** Runs kubectl and gives its standard output; throws with its last lines when it fails. */
  run(...args: readonly string[]): Promise<string>;
  /** `kubectl apply -f -` of YAML text. */
  applyText(yaml: string): Promise<string>;
}

export async function kubectlFor(kubeconfig: string): Promise<Kubectl> {
  const binary = await kubectlBinary();
  const base = ['--kubeconfig', kubeconfig];
  return {
    kubeconfig,
    binary,
    run: (...args) => run(binary, [...base, ...args]),
    applyText: (yaml) => run(binary, [...base, 'apply', '-f', '-'], { input: yaml }),
  };
}

/** Whether the API server that the kubeconfig names answers within five seconds. */
export async function isReachable(kubectl: Kubectl): Promise<boolean> {
  return kubectl.run('version', '--request-timeout=5s').then(
    () => true,
    () => false,
  );
}
