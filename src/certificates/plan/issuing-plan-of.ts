// Input: the MeshConfig and the records of roots. Output: what this replica does with certificates.
// Rule: the plan in the status decides; before there is one, the spec alone; while a record that the
// plan names cannot be read, nothing is decided.
import { planOf } from '../../api/certificate-plan.ts';
import type { MeshConfig } from '../../api/gen/mesh-config.ts';
import type { MeshRootCertificate } from '../../api/gen/mesh-root-certificate.ts';
import { firstRoot, rootOfMeshConfig, rootOfMrc } from '../../api/root-of.ts';
import type { IssuingPlan, NamedRoot } from '../issuing-plan.ts';

/** The records of roots, by name. */
export type RootRecords = ReadonlyMap<string, MeshRootCertificate>;

/** Undefined while the plan cannot be resolved: the caller then keeps its last plan. */
export function issuingPlanOf(
  meshConfig: MeshConfig,
  spec: MeshConfig['spec'],
  records: RootRecords,
): IssuingPlan | undefined {
  if (meshConfig.status?.certificate?.plan === undefined)
    return [...records.values()].some(isInUse) ? undefined : planOfSpec(spec);
  const plan = planOf(meshConfig);
  if (plan === undefined) return undefined;
  const named = (name: string): NamedRoot | undefined => namedRoot(name, records.get(name));
  const [signer, serverSigner] = [named(plan.signer), named(plan.serverSigner)];
  const trusted = plan.trusted.map(named).filter(isPinned);
  const whole = trusted.length === plan.trusted.length;
  if (!whole || signer === undefined || serverSigner === undefined) return undefined;
  const candidate = plan.candidate === undefined ? undefined : named(plan.candidate);
  const { step, signerStep, serverStep, trustedStep } = plan;
  return { step, signer, signerStep, serverSigner, serverStep, trusted, trustedStep, candidate };
}

/** Whether a root is in use. Then there was a plan, and the operator will write it again. */
function isInUse({ status }: MeshRootCertificate): boolean {
  return status?.state === 'issuing' || status?.state === 'validating';
}

function planOfSpec(spec: MeshConfig['spec']): IssuingPlan | undefined {
  const root = rootOfMeshConfig(spec);
  if (root === undefined) return undefined;
  const first: NamedRoot = { name: firstRoot, root, pinned: undefined };
  return {
    step: 0,
    ...{ signer: first, signerStep: 0 },
    ...{ serverSigner: first, serverStep: 0 },
    ...{ trusted: [first], trustedStep: 0 },
    candidate: undefined,
  };
}

function namedRoot(name: string, record: MeshRootCertificate | undefined): NamedRoot | undefined {
  const root = record && rootOfMrc(record);
  return root && { name, root, pinned: record.status?.roots };
}

/** A root is trusted by what was pinned for it, never by what its issuer says now. */
function isPinned(root: NamedRoot | undefined): root is NamedRoot {
  return root?.pinned !== undefined;
}
