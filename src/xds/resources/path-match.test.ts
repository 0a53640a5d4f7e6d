import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { makeMatch } from '../../../test/support/builders/make-view.ts';
import { restrictsPath, pathPermissions } from './path-match.ts';

/** JavaScript reads what stands here as RE2 does. */
function allows(pathRegex: string, path: string, pathMatch: 'Prefix' | 'Full' = 'Prefix'): boolean {
  return pathPermissions(makeMatch({ pathRegex }), pathMatch).every((permission) =>
    holds(permission, path),
  );
}

function holds(permission: ReturnType<typeof pathPermissions>[number], path: string): boolean {
  const { rule } = permission;
  if (rule?.case === 'notRule') return !holds(rule.value, path);
  const [, quoted = '""'] = /"regex":("(?:[^"\\]|\\.)*")/.exec(JSON.stringify(rule)) ?? [];
  const regex = JSON.parse(quoted) as string;
  return new RegExp(`^(?:${regex})$`, 's').test(path);
}

describe('judgesPath', () => {
  it.each(['', '/', '.*', '/.*', '^/'])('takes the prefix "%s" for every path', (regex) => {
    expect(restrictsPath(regex, 'Prefix')).toBe(false);
    expect(pathPermissions(makeMatch({ pathRegex: regex }), 'Prefix')).toEqual([]);
  });

  it('does not take a whole "/" for every path', () => {
    expect(restrictsPath('/', 'Full')).toBe(true);
    expect(restrictsPath('/.*', 'Full')).toBe(false);
  });
});

describe('a path that an expression allows', () => {
  it.each([
    ['/api/.*', '/api/v4/projects/group%2Fproject'],
    ['/api/', '/api/a;b/c%2Fd'],
    ['/users/[^/]+/profile', '/users/caf%C3%A9/profile'],
    ['/users/[^/]+/profile', '/users/a%2fb/profile', false],
    ['/users/[^/]+/profile', '/users/a%5Cb/profile', false],
    ['/users/[^/]+/profile', '/users/a;b/profile', false],
    ['/users/[^/@]+/profile', '/users/a%40b/profile', false],
    ['/users/[^/A]+/profile', '/users/%61/profile', false],
    ['/users/\\S+/profile', '/users/a%20b/profile', false],
    ['/users/\\S+/profile', '/users/a%21b/profile'],
    ['/a/.*/b', '/a/x%2Fy/b'],
    ['/a/.*Fb', '/a/x%2Fb', false],
    ['/[!-~]+', '/a', true],
    ['/[!-~]+/x', '/a%41/x', false],
    ['/\\pL+/x', '/a%41/x', false],
    ['/[]/]+/x', '/a%41/x', false],
    ['/[^/]{1,9}/x', '/a%41/x', false],
    ['/[^/]{1,9}/x', '/a/x'],
    ['/[0-9]{1,9}/x', '/1/x;y'],
    ['/a%2Fb', '/a%2Fb'],
    ['/a\\.b', '/a.b'],
    ['/a\\.b', '/a%2eb', false],
  ])('%s: %s', (regex, path, allowed = true) => {
    expect(allows(regex, path)).toBe(allowed);
  });

  it('is judged to its end when the whole path must match', () => {
    expect(allows('/api/[^/]+', '/api/a%2Fb', 'Full')).toBe(false);
    expect(allows('/api/.*', '/api/a%2Fb;c', 'Full')).toBe(true);
  });

  it('has no escapes at all when a filter on :path restricts it', () => {
    const headers = [{ name: ':path', valueRegex: '/a.*' }];
    const rules = pathPermissions(makeMatch({ headers }), 'Prefix');
    const passes = (path: string): boolean => rules.every((rule) => holds(rule, path));
    expect([passes('/a/b'), passes('/a%2f..'), passes('/a/../b')]).toEqual([true, false, false]);
  });
});

describe('whatever the path', () => {
  const piece = fc.constantFrom(
    '/',
    '.',
    '%2e',
    '%2F',
    '%5c',
    ';',
    'a',
    'admin',
    'api',
    '%61',
    '%25',
    '\\',
    'é',
  );
  const paths = fc.array(piece, { maxLength: 8 }).map((pieces) => `/${pieces.join('')}`);

  /** As a server might read it: parameters out, then decoded, then dot and empty segments resolved. */
  function resolved(path: string): string {
    const decoded = decodeURIComponent(path.replace(/;[^/]*/g, '')).replaceAll('\\', '/');
    return new URL(`http://x${decoded.replace(/\/+/g, '/')}`).pathname;
  }

  it.each(['/api/', '/api/.*', '/a/[^/]+/x', '/[^/]+/admin'])(
    '%s allows what it still holds for',
    (regex) => {
      fc.assert(
        fc.property(paths, (path) => {
          fc.pre(!/%25(?:2|5|6)/.test(path) && !/%(?![0-9a-fA-F]{2})/.test(path));
          if (allows(regex, path)) expect(resolved(path)).toMatch(new RegExp(`^(?:${regex})`));
        }),
        { numRuns: 3000 },
      );
    },
  );
});
