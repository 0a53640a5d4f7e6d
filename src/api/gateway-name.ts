import { controlPlaneName } from './control-plane-names.ts';
import { hasServiceLabel, isDnsName } from '../common/dns-name.ts';

/**
 * Why an ingress gateway's certificate cannot have this name, and what to write; undefined when it can. The holder of a
 * mesh certificate with a name of the control plane passes for the control plane: to the API server that calls its
 * webhooks, and to sidecars that started before Weft checked more than the name.
 */
export function problemOfGatewayName(name: string): string | undefined {
  const isWildcard = name.startsWith('*.');
  const base = isWildcard ? name.slice(2) : name;
  if (!isDnsName(base))
    return 'it is not a DNS name; write it in lower case, as shop.example.com or *.example.com';
  if (isWildcard && (hasServiceLabel(base) || !base.includes('.')))
    return 'the wildcard covers names of Services, and the control plane has such a name; list the host itself';
  const [first, , third] = base.split('.');
  if (first === controlPlaneName && third === 'svc')
    return 'it is a name of the control plane; choose another name';
  return undefined;
}
