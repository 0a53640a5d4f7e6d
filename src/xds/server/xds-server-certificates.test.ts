import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { originKey } from '../../policy/origin.ts';
import { makeAuthority } from '../../../test/support/certificates/server-authority.ts';
import { channelOrigin } from '../evidence/evidence.ts';
import { serverName, set, XdsRig } from '../../../test/support/xds/served-sets.ts';
import { until } from '../../../test/support/time/until.ts';

describe('the certificate of the xDS server', () => {
  let rig: XdsRig;

  beforeEach(async () => {
    rig = await XdsRig.start();
  });

  afterEach(() => rig.stop());

  it('brings every proxy to a connection of its own when the certificate is of another root', async () => {
    await rig.restart({ limits: { handshakeMs: 500 } });
    const channel = () => rig.server.evidence().objects.get(originKey(channelOrigin));
    rig.server.serverCertificateChanged('old', 1);
    rig.server.publish(() => set, 3);
    const client = rig.connect();
    await rig.syncEverything(client);
    expect(rig.server.evidence()).toMatchObject({ step: 3 });
    expect(channel()).toMatchObject({ total: 1, acknowledged: 1 });
    rig.server.serverCertificateChanged('old', 2);
    expect(channel()).toMatchObject({ origin: { generation: 2 }, acknowledged: 1 });
    rig.server.serverCertificateChanged('new', 4);
    expect((await client.ended()).details).toContain('new certificate');
    await rig.syncEverything(rig.connect());
    expect(channel()).toMatchObject({ origin: { generation: 4 }, total: 1, acknowledged: 1 });
  });

  it('shows a new certificate to new connections and lets open streams go on', async () => {
    rig.server.publish(() => set);
    const before = rig.connect('shop/before~shop/before');
    before.send('cluster');
    await before.next();
    const other = await makeAuthority('another root');
    rig.credentials.replace(await other.issue(serverName));
    const refused = rig.connect('shop/old~shop/old');
    refused.send('cluster');
    expect((await refused.ended()).code).toBe(status.UNAVAILABLE);
    const after = rig.connect('shop/after~shop/after', other.ca);
    after.send('cluster');
    expect((await after.next()).type).toBe('cluster');
    before.send('listener');
    await until(() => rig.server.evidence().connected === 2);
  });
});
