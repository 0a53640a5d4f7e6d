import type { SecretObject } from '../api/core.ts';
import type { MeshConfig } from '../api/gen/mesh-config.ts';
import { caSecret, madeByControlPlane } from '../api/control-plane-names.ts';
import { kinds } from '../api/kinds.ts';
import { createLeafStore, type LeafStore } from '../certificates/leaf-store.ts';
import { BuiltInIssuer } from '../certificates/providers/built-in.ts';
import {
  createServerCertificate,
  type ServerCertificate,
} from '../certificates/server-certificate.ts';
import { leafValidity } from '../certificates/validity.ts';
import type { Issuer } from '../certificates/issuer.ts';
import type { Component } from '../common/component.ts';
import type { ApiConnection } from '../kubernetes/connect.ts';
import { reflect, type ReflectorDeps } from '../kubernetes/reflector.ts';
import { component } from './components.ts';

export interface IssuingDeps extends ReflectorDeps {
  readonly client: ApiConnection;
  readonly namespace: string;
  readonly spec: () => MeshConfig['spec'] | undefined;
  readonly trustDomain: () => string;
  readonly serverNames: () => readonly string[];
}

/** Where this process' certificates come from. */
export interface Issuing {
  readonly issuer: Issuer;
  readonly leaves: LeafStore;
  readonly server: ServerCertificate;
  readonly components: readonly Component[];
}

/** The built-in CA with its Secret, the workloads' leaves, and the server's own certificate. */
export function createIssuing(deps: IssuingDeps): Issuing {
  const { client, namespace, clock, random, log: logger } = deps;
  const only = { namespace, fieldSelector: `metadata.name=${caSecret}` };
  const secrets = reflect<SecretObject>(client, kinds.secret, only, deps);
  const metadata = {
    labels: {
      [madeByControlPlane.label]: madeByControlPlane.value,
      'app.kubernetes.io/part-of': 'weft',
    },
  };
  const life = { clock, random, logger };
  const issuer = new BuiltInIssuer({ api: client, secrets, namespace, metadata, ...life });
  const leaves = createLeafStore({
    issuer,
    ...life,
    trustDomain: deps.trustDomain,
    validity: () => leafValidity(deps.spec()?.certificate?.serviceCertValidityDuration).validityMs,
  });
  const server = createServerCertificate({ issuer, ...life, dnsNames: deps.serverNames });
  return {
    issuer,
    leaves,
    server,
    components: [
      component('watch-ca-secret', (signal) => secrets.run(signal)),
      component('issuer', (signal) => issuer.run(signal)),
      component('leaves', (signal) => leaves.run(signal)),
      component('server-certificate', (signal) => server.run(signal)),
    ],
  };
}
