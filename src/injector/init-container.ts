import type { Resources } from '../api/resources.ts';
import type { InjectorFacts } from './facts.ts';
import type { Interception } from './interception.ts';
import { renderRules } from './iptables.ts';
import { initName } from './names.ts';

import { noApiToken } from './volumes.ts';

/** The checked settings of the init container of one pod. */
export interface InitPlan {
  readonly image: string;
  readonly privileged: boolean;
  readonly rules: { readonly v4: string; readonly v6: string };
  readonly resources: Resources;
}

/** The kernel takes 128 KiB in one environment variable; the rest is room for its name. */
const maxRules = 120_000;

/** The rules and settings of the init container. Rules that would not fit into its environment are a problem. */
export function planInit(
  wanted: { interception: Interception; resources: Resources; user: number },
  { sidecar, images }: InjectorFacts,
  problems: string[],
): InitPlan {
  const { interception, resources, user } = wanted;
  const rules = {
    v4: renderRules(interception, 4, user),
    v6: renderRules(interception, 6, user),
  };
  if (Math.max(rules.v4.length, rules.v6.length) > maxRules)
    problems.push(
      'the exclusion and inclusion lists of MeshConfig and the pod are too long; merge ranges or ports',
    );
  return {
    image: sidecar.initContainerImage || images.init,
    privileged: sidecar.enablePrivilegedInitContainer === true,
    rules,
    resources,
  };
}

/** Leads the pod's TCP traffic through the sidecar, then ends. The image's own program reads only these variables. */
export function initContainer({ image, privileged, rules, resources }: InitPlan): object {
  return {
    name: initName,
    image,
    imagePullPolicy: 'IfNotPresent',
    env: [
      { name: 'WEFT_RULES_V4', value: rules.v4 },
      { name: 'WEFT_RULES_V6', value: rules.v6 },
      fromStatus('WEFT_POD_IPS', 'podIPs'),
      fromStatus('WEFT_HOST_IP', 'hostIP'),
      // The root file system is read-only; /dev/shm is the runtime's own and is not.
      { name: 'XTABLES_LOCKFILE', value: '/dev/shm/xtables.lock' },
    ],
    resources,
    volumeMounts: [noApiToken],
    terminationMessagePolicy: 'FallbackToLogsOnError',
    securityContext: {
      runAsUser: 0,
      runAsGroup: 0,
      runAsNonRoot: false,
      readOnlyRootFilesystem: true,
      allowPrivilegeEscalation: privileged,
      privileged,
      capabilities: { drop: ['ALL'], add: ['NET_ADMIN', 'NET_RAW'] },
      seccompProfile: { type: 'RuntimeDefault' },
    },
  };
}

function fromStatus(name: string, field: string): object {
  return { name, valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: `status.${field}` } } };
}
