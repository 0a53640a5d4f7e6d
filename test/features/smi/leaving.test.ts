import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { type Kubectl, kubectlFor } from '../../../tools/demo/kubectl.ts';
import { leaving } from '../../../tools/demo/leaving.ts';
import { ofFile } from '../../support/jest/of-file.ts';
import { startApiServer } from '../../../tools/real/api-server.ts';

// `make down` on a cluster that others use: deleting a definition would delete their policies.

const policy = `
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: { name: somebodys, namespace: default }
spec:
  destination: { kind: ServiceAccount, name: till }
  sources: [{ kind: ServiceAccount, name: cart }]
  rules: [{ kind: TCPRoute, name: all }]
`;
const definition = 'kind: CustomResourceDefinition';

jest.setTimeout(60_000);

describe('leaving a cluster', () => {
  const server = ofFile(() => startApiServer());
  let kubectl: Kubectl;
  beforeAll(async () => {
    kubectl = await kubectlFor(server().kubeconfigPath);
  });

  it('takes all along where Weft never was', async () => {
    const { objects, kept } = await leaving(kubectl);
    expect(kept).toEqual([]);
    expect(objects).toContain(definition);
  });

  it('leaves the definitions while anybody has an object of them', async () => {
    await kubectl.run('apply', '--server-side', '-k', 'crds');
    await kubectl.run('wait', '--for=condition=Established', '--timeout=20s', 'crd', '--all');
    await kubectl.applyText(policy);
    const { objects, kept } = await leaving(kubectl);
    expect(kept).toEqual(['traffictarget.access.smi-spec.io/somebodys']);
    expect(objects).not.toContain(definition);
    expect(objects).toContain('kind: Deployment');
    await kubectl.deleteText(objects, ['--ignore-not-found', '--wait=false']);
    expect(await kubectl.run('get', 'traffictarget', '-o', 'name')).toContain('somebodys');
  });

  it('takes them along once the last object is gone', async () => {
    await kubectl.run('delete', 'traffictarget', 'somebodys');
    const { objects, kept } = await leaving(kubectl);
    expect(kept).toEqual([]);
    expect(objects).toContain(definition);
  });
});
