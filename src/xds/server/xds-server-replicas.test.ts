import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { status } from '@grpc/grpc-js';
import { systemClock } from '../../common/clock.ts';
import { silentLogger } from '../../common/logger.ts';
import { Secret } from '../../common/secret.ts';
import { askToClose } from '../replicas/close-service.ts';
import { followEvidence } from '../replicas/evidence-client.ts';
import type { Evidence, Stream } from '../evidence/evidence.ts';
import {
  replica,
  serverId,
  serverName,
  set,
  XdsRig,
} from '../../../test/support/xds/served-sets.ts';
import { until } from '../../../test/support/time/until.ts';

describe('the xDS server, to other replicas', () => {
  let rig: XdsRig;

  beforeEach(async () => {
    rig = await XdsRig.start();
  });

  afterEach(() => rig.stop());

  it('case H: closes a stream that another replica says is outdated, and only that one', async () => {
    rig.server.publish(() => set);
    const client = rig.connect();
    await rig.syncEverything(client);
    const [[uid, { opened }]] = [...rig.server.evidence().streams] as [[string, Stream]];
    const ask = (token: string, at: number): Promise<void> =>
      askToClose(
        {
          address: rig.replicaAddress,
          serverName,
          serverIds: () => [serverId],
          trust: () => rig.authority.ca,
          token: () => Promise.resolve(new Secret(token)),
          logger: silentLogger,
        },
        [{ uid, opened: at }],
      );
    await ask('shop/cart-9~shop/cart', opened);
    await ask(replica, opened - 1);
    expect(rig.server.evidence().connected).toBe(1);
    await ask(replica, opened);
    expect(await client.ended()).toMatchObject({ code: status.UNAVAILABLE });
    expect(rig.server.evidence().connected).toBe(0);
  });

  it('lets only the control plane follow the evidence', async () => {
    rig.server.publish(() => set);
    const stopping = new AbortController();
    const byStranger: (Evidence | undefined)[] = [];
    const seen: (Evidence | undefined)[] = [];
    const follow = (token: string, received: (Evidence | undefined)[]): Promise<void> =>
      followEvidence(
        {
          address: rig.replicaAddress,
          serverName,
          serverIds: () => [serverId],
          trust: () => rig.authority.ca,
          token: () => Promise.resolve(new Secret(token)),
          clock: systemClock,
          logger: silentLogger,
        },
        (evidence) => received.push(evidence),
        stopping.signal,
      );
    const stranger = follow('shop/cart-9~shop/cart', byStranger);
    await until(() => byStranger.length > 0);
    const followed = follow(replica, seen);
    await rig.syncEverything(rig.connect());
    await until(() => seen.at(-1)?.synced === 1);
    expect(seen.at(-1)).toEqual(rig.server.evidence());
    await rig.stopServer();
    await until(() => seen.at(-1) === undefined);
    stopping.abort();
    await Promise.all([stranger, followed]);
    expect(byStranger.filter((evidence) => evidence !== undefined)).toEqual([]);
  });
});
