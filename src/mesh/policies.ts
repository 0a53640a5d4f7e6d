// Input: the policies of one namespace and its services. Output: the compiled policies. Rule: each kind is read
// object by object; a kind whose objects depend on other objects is compiled from its readings.
import { type PolicyKind, policyKindNames } from '../api/policy-kinds.ts';
import type { NamespaceSnapshot } from '../cluster/snapshot.ts';
import { type Remembered, remember, shareMap } from '../common/remember.ts';
import type { Diagnostic } from '../policy/diagnostic.ts';
import type { ReadScope } from '../policy/policy-reader.ts';
import type { MeshService, ServiceKey } from '../policy/service.ts';
import { type CompiledSplits, compileSplits } from '../smi/traffic-split/compile.ts';
import { readPolicies, type Readings } from './readings.ts';
import { type CompiledTargets, compileTargets } from './targets.ts';

export interface NamespacePolicies {
  readonly readings: Readings;
  readonly targets: CompiledTargets;
  readonly splits: Remembered<CompiledSplits>;
}

interface PoliciesInput {
  readonly input: NamespaceSnapshot;
  readonly scope: ReadScope;
  readonly services: ReadonlyMap<ServiceKey, MeshService>;
}

export function compilePolicies(
  { input, scope, services }: PoliciesInput,
  known: Partial<NamespacePolicies>,
): NamespacePolicies {
  const readings = readPolicies(input, scope, known.readings);
  const targets = compileTargets(input, readings, known.targets);
  const read = readings.TrafficSplit.result;
  const splits = remember(known.splits, [input.TrafficSplit, services, read], () => {
    const objects = [...input.TrafficSplit.values()];
    const compiled = compileSplits({ objects, readings: read, services });
    return { ...compiled, splits: shareMap(known.splits?.value.splits, compiled.splits) };
  });
  return { readings, targets, splits };
}

export function policyDiagnostics({
  readings,
  targets,
  splits,
}: NamespacePolicies): readonly (readonly Diagnostic[])[] {
  // A compiled result repeats what reading the objects says.
  const compiled: Partial<Record<PolicyKind, readonly Diagnostic[]>> = {
    TrafficSplit: splits.value.diagnostics,
    TrafficTarget: targets.diagnostics,
  };
  const readAlone = policyKindNames.filter((kind) => compiled[kind] === undefined);
  return [...Object.values(compiled), ...readAlone.map((kind) => readings[kind].diagnostics)];
}
