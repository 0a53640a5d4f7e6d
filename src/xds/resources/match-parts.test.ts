import { create, toBinary } from '@bufbuild/protobuf';
import { describe, expect, it } from '@jest/globals';
import { makeMatch } from '../../../test/support/builders/make-view.ts';
import { PermissionSchema } from '../../envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { permissionOf } from './http-match.ts';
import { matchPartsOf } from './match-parts.ts';

const match = makeMatch({ pathRegex: '/a', methods: ['GET', 'POST'] });

describe('matchPartsOf', () => {
  it('gives the users of a match the very same parts', () => {
    expect(matchPartsOf(match, 'Prefix')).toBe(matchPartsOf(match, 'Prefix'));
  });

  it('finds equal matches by their keys, and distinguishes the modes', () => {
    const keys = (mode: 'Prefix' | 'Full', of = match): readonly string[] => [
      ...matchPartsOf(of, mode).routes.keys(),
    ];
    expect(keys('Prefix')).toHaveLength(2);
    expect(keys('Prefix')).toEqual(keys('Prefix', { ...match, name: 'routes/other' }));
    for (const key of keys('Full')) expect(keys('Prefix')).not.toContain(key);
    for (const mode of ['Prefix', 'Full'] as const) {
      const { permission } = matchPartsOf(match, mode);
      const expected = create(PermissionSchema, permissionOf(match, mode));
      expect(toBinary(PermissionSchema, permission)).toEqual(toBinary(PermissionSchema, expected));
    }
  });
});
