import { expect } from '@jest/globals';
import type { AccessRule } from '../../../src/policy/access.ts';
import type { IdentityKey } from '../../../src/policy/identity.ts';
import { ResponseBytes } from '../../../src/xds/delta/response-bytes.ts';
import { createAssembler } from '../../../src/xds/resources/resource-set.ts';
import type { ResourceSet } from '../../../src/xds/resources/resource.ts';
import {
  account,
  makeInbound,
  makeMatch,
  makeOutbound,
  makeRule,
  makeServed,
} from '../builders/make-view.ts';
import { makeSettings } from '../builders/make-settings.ts';
import { ChainClient } from './chain-client.ts';
import { makeResource } from '../resources/resource-sets.ts';

export const table = 'inbound/8080/http';
export const callers = ['buyer', 'thief', 'clerk'].map((name) => account(name));
export const [buyer, thief] = callers as [IdentityKey, IdentityKey];
export const chainOf = (caller: IdentityKey): string => `${table}|bookstore/bookstore|${caller}`;
export const anyone = `${table}|bookstore/bookstore|anyone`;
const secrets = ['workload', 'ca:trust'].map((name) => makeResource('secret', name));
const assembler = createAssembler();

/** Rules, and whether they hold or permissive mode does. */
export type Rules = readonly AccessRule[] | { readonly permissive: readonly AccessRule[] };

export function setOf(inForce: Rules): ResourceSet {
  const served = [makeServed(8080)];
  const inbound =
    'permissive' in inForce
      ? makeInbound({
          rules: inForce.permissive,
          served,
          settings: makeSettings({ permissive: true }),
        })
      : makeInbound({ rules: inForce, served });
  const outbound = makeOutbound({ account: account('bookstore') });
  return assembler.assemble({ inbound, outbound }, new Map(), secrets);
}

export const rule = (
  name: string,
  http: AccessRule['http'],
  sources = [buyer, thief],
): AccessRule => makeRule(name, { http, sources });
export const get = makeMatch({ pathRegex: '/a', methods: ['GET'] });
const post = makeMatch({ pathRegex: '/a', methods: ['POST'] });
export const both = [rule('get', [get]), rule('post', [post])];
export const less = [rule('get', [get]), rule('post', [post], [thief])];

/** A client that has all of it. */
export function begin(rules: Rules): ChainClient {
  const client = new ChainClient(new ResponseBytes(), table);
  client.offer(setOf(rules));
  client.answerAll();
  expect(client.session.synced).toBe(true);
  return client;
}
