import { describe, expect, it } from '@jest/globals';
import { formatReport, type CertificateReport, type AckCounts } from './certificate-report.ts';
import { parseReport } from './parse-report.ts';

const witnesses: AckCounts = { step: 5, acknowledged: 1, total: 2, waiting: ['shop/b'] };
const trouble = { code: 'issuer-unavailable', message: 'it is away', since: 7 };
const root = { ready: true, roots: 'PEM', fingerprint: 'ff', notAfter: 90, signerNotAfter: 50 };
const report: CertificateReport = {
  ...{ step: 5, complete: true },
  roots: { 'weft-root-1': root, 'weft-root-2': { ready: false, trouble } },
  ...{ trust: witnesses, leaves: witnesses, channel: witnesses },
  bootstraps: { step: 5, since: 1_000 },
  gateway: { namespace: 'edge', name: 'gateway-cert', trustedStep: 5, signerStep: -1, trouble },
  released: false,
  health: { held: 2, waiting: 1, earliestExpiry: 9_000, failure: trouble },
};

/** The report as text, with another value at `path`; undefined: without the field. */
function textWith(path: string, value: unknown): string {
  const changed: unknown = JSON.parse(formatReport(report));
  const steps = path.split('.');
  const last = steps.pop() ?? '';
  const at = steps.reduce((inner, step) => (inner as Record<string, unknown>)[step], changed);
  Object.defineProperty(at, last, { value, enumerable: true });
  return JSON.stringify(changed);
}

describe('a report', () => {
  it('is read as it was written', () => {
    expect(parseReport(formatReport(report))).toEqual(report);
  });

  it.each([
    'bootstraps',
    'gateway',
    'gateway.trouble',
    'released',
    'health.earliestExpiry',
    'health.failure',
    'roots.weft-root-1.roots',
    'roots.weft-root-1.notAfter',
    'roots.weft-root-2.trouble',
  ])('may go without %s', (path) => {
    expect(parseReport(textWith(path, undefined))).toBeDefined();
  });

  it('may be about a root of any name, and have fields that are newer', () => {
    for (const name of ['constructor', '__proto__', 'toString'])
      expect(
        parseReport(formatReport({ ...report, roots: { [name]: root } }))?.roots,
      ).toHaveProperty([name], root);
    expect(parseReport(textWith('newer', [1]))).toBeDefined();
  });
});

describe('a report that is not one', () => {
  it.each([
    ['nothing', undefined],
    ['empty text', ''],
    ['no JSON', '{'],
    ['NaN, which is no JSON', formatReport(report).replace('"since":1000', '"since":NaN')],
    ['null', 'null'],
    ['a list', '[]'],
    ['a text', '"report"'],
    ['an empty object', '{}'],
    ['all of it in its prototype', `{"__proto__":${formatReport(report)}}`],
    ['a time without end', formatReport(report).replace('"since":1000', '"since":1e999')],
  ])('is no report: %s', (_, text) => {
    expect(parseReport(text)).toBeUndefined();
  });

  const numbers = [
    ...['step', 'trust.step', 'leaves.acknowledged', 'channel.total'],
    ...['bootstraps.step', 'bootstraps.since', 'gateway.trustedStep', 'gateway.signerStep'],
    ...['health.held', 'health.waiting', 'health.failure.since'],
    ...['roots.weft-root-2.trouble.since'],
  ];
  it.each(numbers)('has no number as %s', (path) => {
    for (const value of [undefined, null, '5', NaN, true, {}, [5], { valueOf: 5 }])
      expect([path, value, parseReport(textWith(path, value))]).toEqual([path, value, undefined]);
  });

  const texts = [
    ...['gateway.namespace', 'gateway.name', 'health.failure.code', 'health.failure.message'],
    ...['roots.weft-root-2.trouble.code', 'roots.weft-root-2.trouble.message'],
  ];
  it.each(texts)('has no text as %s', (path) => {
    for (const value of [undefined, null, 5, true, {}, ['edge']])
      expect([path, value, parseReport(textWith(path, value))]).toEqual([path, value, undefined]);
  });

  it.each<[string, unknown]>([
    ['complete', 'true'],
    ['roots', []],
    ['roots.weft-root-1', null],
    ['roots.weft-root-1.ready', 'true'],
    ['roots.weft-root-1.fingerprint', 255],
    ['roots.weft-root-1.notAfter', '2036-01-01'],
    ['roots.weft-root-1.signerNotAfter', 1e300],
    ['roots.__proto__', 'polluted'],
    ['trust.waiting', ['shop/b', 1]],
    ['trust.waiting', 'shop/b'],
    ['bootstraps', null],
    ['bootstraps', []],
    ['bootstraps', {}],
    ['bootstraps', 'constructor'],
    ['bootstraps.since', 8.64e15 + 1e6],
    ['gateway', null],
    ['gateway', []],
    ['gateway', {}],
    ['gateway.trouble', 'it is away'],
    ['released', 'true'],
    ['health', undefined],
    ['health', null],
    ['health', []],
    ['health', {}],
    ['health.earliestExpiry', '9000'],
    ['health.failure', {}],
    ['health.failure', 'it is away'],
  ])('has something else as %s: %j', (path, value) => {
    expect(parseReport(textWith(path, value))).toBeUndefined();
  });
});
