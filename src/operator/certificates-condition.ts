// Input: the trust bundle, the roots and the control plane's certificate. Output: whether certificates can be
// issued and taken. Pure.
import { logsOf, type JudgedCondition, type StatusInputs } from './condition-words.ts';
import { serverCertificateCondition } from './pods-conditions.ts';

export function certificatesCondition(inputs: StatusInputs): JudgedCondition {
  const { rotation: roots } = inputs;
  const missing = bundleCondition(inputs) ?? serverCertificateCondition(inputs);
  if (missing !== undefined) return missing;
  const type = 'CertificatesReady';
  const { first, failing, secrets, ending, note } = roots;
  if (first !== undefined)
    return { type, status: 'False', reason: 'WaitingForRoot', message: first };
  if (failing !== undefined) {
    return { type, status: 'False', reason: 'IssuerFailing', message: failing.message };
  }
  if (secrets !== undefined) return { type, status: 'False', ...secrets };
  const more = note === undefined ? '' : ` ${note}.`;
  if (ending !== undefined) {
    return { type, status: 'True', reason: ending.reason, message: `${ending.message}${more}` };
  }
  const message = `Certificates can be issued.${more}`;
  return { type, status: 'True', reason: 'BundlePublished', message };
}

/** The problem of the trust bundle, if any. */
function bundleCondition({ bundle, namespace, now }: StatusInputs): JudgedCondition | undefined {
  const type = 'CertificatesReady';
  if (bundle.kind === 'absent') {
    const message = `The control plane has not published its trust bundle yet. Next, if that lasts: ${logsOf(namespace)}.`;
    return { type, status: 'False', reason: 'WaitingForBundle', message };
  }
  if (bundle.kind === 'invalid') {
    const message = `ConfigMap weft-ca-bundle cannot be used: ${bundle.problem}. The control plane writes it again after you delete it. Next: kubectl delete configmap -n ${namespace} weft-ca-bundle.`;
    return { type, status: 'False', reason: 'BundleInvalid', message };
  }
  const end = new Date(bundle.notAfter).toISOString();
  if (bundle.notAfter <= now) {
    const message = `The root expired at ${end}. Next: name another root in spec.certificate.provider: kubectl edit meshconfig -n ${namespace}.`;
    return { type, status: 'False', reason: 'RootExpired', message };
  }
  return undefined;
}
