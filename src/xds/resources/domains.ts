import type { ServiceKey } from '../../policy/service.ts';

/** The hosts by which clients name a service, as in OSM; matching ignores ports. */
export function serviceDomains(service: ServiceKey, clusterDomain: string): string[] {
  const [namespace = '', name = ''] = service.split('/');
  return [name, ...qualified(`${name}.${namespace}`, clusterDomain)];
}

/** The hosts by which clients name one pod of a headless service. */
export function podDomains(service: ServiceKey, clusterDomain: string): string[] {
  return serviceDomains(service, clusterDomain).map((domain) => `*.${domain}`);
}

function qualified(base: string, clusterDomain: string): string[] {
  const firstLabel = clusterDomain.split('.', 1)[0] ?? clusterDomain;
  const domains = [
    base,
    `${base}.svc`,
    `${base}.svc.${firstLabel}`,
    `${base}.svc.${clusterDomain}`,
  ];
  return [...new Set(domains)];
}
