import { expect, it } from '@jest/globals';
import { kinds, type Kind } from '../../../src/api/kinds.ts';
import { makeRoot } from '../../support/certificates/make-authority.ts';
import {
  type Body,
  everything,
  injector,
  named,
  patchSpec,
  refOf,
  validator,
} from '../../support/operator/mesh-objects.ts';
import { rootPem } from '../../support/operator/played-report.ts';
import {
  type OperatorRig,
  controlPlane,
  getObject,
  namespace,
  playReplicas,
  publish,
  untilCondition,
} from '../../support/operator/operator-on-api-server.ts';
import { msUntil, until } from '../../support/time/until.ts';
import { staysTrueFor } from '../../support/time/stays-true-for.ts';

/** On a mesh that is ready: what a user changes is restored within 5 s, and no other field. */
export function drift(rig: () => OperatorRig): void {
  it.each(named(everything))(
    'of a removed %s is repaired within 5 s',
    async (...[, kind, name]) => {
      const before = await getObject(rig(), kind, name);
      await rig().admin.remove(refOf(kind, name), {}, rig().signal);
      const ms = await msUntil(async () => {
        const now = await getObject(rig(), kind, name);
        return now !== undefined && now.metadata.uid !== before?.metadata.uid;
      });
      expect(ms).toBeLessThan(5000);
      if (kind === kinds.deployment) await playReplicas(rig(), 2);
      await untilCondition(rig(), 'Ready=True/Ready');
    },
  );

  it.each(
    named<[Kind, string, unknown]>([
      [kinds.deployment, controlPlane, { spec: { replicas: 7 } }],
      [
        kinds.deployment,
        controlPlane,
        {
          spec: {
            template: { spec: { containers: [{ name: 'control-plane', image: 'evil:1' }] } },
          },
        },
      ],
      [kinds.service, controlPlane, { spec: { selector: { app: 'evil' } } }],
      [
        kinds.clusterRole,
        controlPlane,
        { rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }] },
      ],
      [
        kinds.clusterRoleBinding,
        controlPlane,
        { subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'evil' }] },
      ],
      [kinds.role, controlPlane, { rules: [] }],
      [kinds.serviceAccount, controlPlane, { metadata: { ownerReferences: null } }],
      [kinds.podDisruptionBudget, controlPlane, { spec: { maxUnavailable: '100%' } }],
      [kinds.mutatingWebhookConfiguration, injector, { webhooks: [] }],
      [
        kinds.validatingWebhookConfiguration,
        validator,
        { metadata: { labels: { 'app.kubernetes.io/managed-by': null } } },
      ],
    ]),
  )('of an edited %s is repaired within 5 s', async (...[, kind, name, value]) => {
    const ours = (object: Body | undefined): unknown => {
      const { spec, rules, subjects, webhooks, metadata } = object ?? {};
      const { labels, ownerReferences } = metadata ?? {};
      return { spec, rules, subjects, webhooks, labels, ownerReferences };
    };
    const before = ours(await getObject<Body>(rig(), kind, name));
    await rig().admin.merge(refOf(kind, name), { value }, rig().signal);
    const ms = await msUntil(async () => {
      const now = ours(await getObject<Body>(rig(), kind, name));
      return JSON.stringify(now) === JSON.stringify(before);
    });
    expect(ms).toBeLessThan(5000);
  });

  it('leaves what others own: annotations, more containers', async () => {
    const sidecar = { name: 'theirs', image: 'theirs:1' };
    const template = { spec: { containers: [sidecar] } };
    const metadata = { annotations: { theirs: 'yes' } };
    const object = {
      ...{ apiVersion: 'apps/v1', kind: 'Deployment' },
      metadata: { name: controlPlane, namespace, ...metadata },
      spec: { template },
    };
    await rig().admin.apply(kinds.deployment, object, { fieldManager: 'theirs' }, rig().signal);
    await patchSpec(rig(), { controlPlane: { priorityClassName: 'system-cluster-critical' } });
    const value = await until(async () => {
      const now = await getObject<Body>(rig(), kinds.deployment);
      return JSON.stringify(now?.spec).includes('system-cluster-critical') && now;
    });
    expect(value.metadata.annotations).toMatchObject({ theirs: 'yes' });
    expect(value.spec?.template?.spec.containers).toHaveLength(2);
    await patchSpec(rig(), { controlPlane: { priorityClassName: '' } });
    await playReplicas(rig(), 2);
  });

  it('has webhooks that trust the root in its record, whatever a user writes elsewhere', async () => {
    await publish(rig(), 'weft-ca-bundle', { 'ca.crt': makeRoot().certificate.pem });
    await staysTrueFor(500, 'the root in the record', async () => {
      const now = await getObject<Body>(rig(), kinds.mutatingWebhookConfiguration, injector);
      const bundle = now?.webhooks?.[0]?.clientConfig.caBundle ?? '';
      return Buffer.from(bundle, 'base64').toString() === `${rootPem('weft-root-1').trim()}\n`;
    });
  });

  it('keeps the mesh closed while the control plane is away', async () => {
    await playReplicas(rig(), 0);
    await untilCondition(rig(), 'Ready=False/ControlPlaneNotAvailable');
    expect(await getObject(rig(), kinds.mutatingWebhookConfiguration, injector)).toBeDefined();
    await playReplicas(rig(), 2);
    await untilCondition(rig(), 'Ready=True/Ready');
  });
}
