import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError } from '../../../tools/base/command.ts';
import type { OperatorRig } from '../operator/operator-on-api-server.ts';

/** The right to everything in the namespace `evil`, which this makes, and to nothing elsewhere, for the user `attacker`. */
export const attackersHome = `
apiVersion: v1
kind: Namespace
metadata: { name: evil }
---
apiVersion: v1
kind: ServiceAccount
metadata: { name: default, namespace: evil }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: { name: everything, namespace: evil }
rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: everything, namespace: evil }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: everything }
subjects: [{ apiGroup: rbac.authorization.k8s.io, kind: User, name: attacker }]
`;

/** What kubectl prints, also when the API server refuses. */
export async function answerOf(
  { kubectl }: Pick<OperatorRig, 'kubectl'>,
  ...args: readonly string[]
): Promise<string> {
  try {
    return await kubectl(...args);
  } catch (error) {
    if (error instanceof CommandError) return error.output;
    throw error;
  }
}

/** The same for `kubectl <verb> -f` with that object. */
export async function answerWith(
  rig: Pick<OperatorRig, 'kubectl'>,
  object: object,
  ...args: readonly string[]
): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-object-'));
  try {
    const file = join(directory, 'object.json');
    await writeFile(file, JSON.stringify(object));
    return await answerOf(rig, ...args, '-f', file);
  } finally {
    await rm(directory, { recursive: true });
  }
}
