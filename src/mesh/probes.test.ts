import { describe, expect, it } from '@jest/globals';
import { parseProbes } from './probes.ts';

const probe = {
  container: 'app',
  probe: 'liveness',
  kind: 'http',
  port: 8080,
  path: '/',
  service: '',
  timeoutSeconds: 1,
  headers: [],
  key: '',
};

function parse(changes: object): ReturnType<typeof parseProbes> {
  return parseProbes(JSON.stringify([{ ...probe, ...changes }]));
}

describe('parseProbes', () => {
  it('has none without an annotation', () => expect(parseProbes(undefined)).toEqual([]));

  it.each([
    ['healthz', '/healthz'],
    ['', '/'],
    ['/ok?a=b&c=%20', '/ok?a=b&c=%20'],
    ['/a b#part', '/a%20b'],
    ['/a\r\nx: y', '/a%0D%0Ax:%20y'],
    ['/ü\0', '/%C3%BC%00'],
  ])('reads the path %j as the kubelet sends it', (path, sent) => {
    expect(parse({ path })).toEqual([{ ...probe, path: sent }]);
  });

  it.each([
    ['a container that is none', { container: 'a\nb' }, /container must be the name/],
    ['a path that is no Unicode', { path: '\ud800' }, /path must be a string/],
    ['another probe', { probe: 'other' }, /probe must be one of/],
    ['port 0', { port: 0 }, /port must be a whole number/],
    ['no time', { timeoutSeconds: 0 }, /timeoutSeconds must be a whole number/],
    ['a header that is none', { headers: [{ name: 'a b', value: '' }] }, /headers\[0\].name/],
    [
      'a header of two lines',
      { headers: [{ name: 'a', value: 'b\r\nc: d' }] },
      /headers\[0\].value/,
    ],
    [
      'a hook over TCP',
      { probe: 'preStop', kind: 'tcp', key: 'a'.repeat(32) },
      /kind must be http/,
    ],
    ['a hook that can be guessed', { probe: 'preStop', key: 'a' }, /key must have 16/],
    ['a key that is a path', { key: '../x' }, /key must be letters/],
  ])('refuses %s', (_, changes, problem) => {
    expect(parse(changes)).toMatch(problem);
  });

  it('reads an annotation without headers and key', () => {
    const { headers, key, ...older } = probe;
    expect(parseProbes(JSON.stringify([older]))).toEqual([{ ...older, headers, key }]);
  });

  it.each(['', '[', 'null', '{}', '[null]', '['.repeat(5_000)])('refuses %j', (annotation) => {
    expect(typeof parseProbes(annotation)).toBe('string');
  });
});
