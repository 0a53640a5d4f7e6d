import {
  type CertManagerObjects,
  certManagerObjects,
  installDefinitions,
  isReady,
} from '../real/cert-manager.ts';
import { makeCaIssuer } from '../real/cert-manager-setup.ts';
import type { Note } from '../progress.ts';
import { applyManifest, type InstallPlace, rolledOut } from './place.ts';
import { names } from './provider.ts';

/**
 * Runs cert-manager's controller in the cluster, with two ClusterIssuers that each have a
 * separate root: `mesh-ca` with a P-256 key, `mesh-ca-2` with an RSA key. Existing objects stay.
 */
export async function installCertManager(
  place: InstallPlace,
  image: string,
  note: Note,
): Promise<CertManagerObjects> {
  const objects = certManagerObjects(place.api);
  await installDefinitions(place.kubectl.kubeconfig, place.api);
  await applyManifest(place, 'cert-manager.yaml', image);
  await objects.apply('clusterIssuer', { name: objects.selfSigned, spec: { selfSigned: {} } });
  note('starting');
  await rolledOut(place, 'cert-manager');
  await objects.until('clusterIssuer', { name: objects.selfSigned }, isReady);
  note('roots');
  const [first, second] = names.clusterIssuers;
  await makeCaIssuer(objects, { name: first });
  await makeCaIssuer(objects, { name: second, keyType: 'rsa' });
  return objects;
}
