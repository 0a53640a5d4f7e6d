import { describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { rotationSettingsOf } from './rotation-settings.ts';

const crd = readFileSync(join(import.meta.dirname, '../../crds/meshconfig.yaml'), 'utf8');

describe('rotation settings', () => {
  it.each(['bundlePropagation', 'setAsideAfter', 'renewBefore'] as const)(
    '%s is by default what the CRD says, with a rotation block and without',
    (name) => {
      const [, inCrd] = new RegExp(`${name}:\\n.*\\n.*\\n +default: (\\w+)`).exec(crd) ?? [];
      const { text, ms } = rotationSettingsOf({})[name];
      expect(text).toBe(inCrd);
      const written = { certificate: { rotation: { [name]: text } } };
      expect(rotationSettingsOf(written)[name]).toEqual({ text, ms });
    },
  );

  it('takes valid durations, and the default for a text that is no duration', () => {
    const rotation = { renewBefore: '1h', setAsideAfter: 'soon', setAside: ['shop/slow'] };
    const settings = rotationSettingsOf({ certificate: { rotation } });
    expect(settings.renewBefore).toEqual({ text: '1h', ms: 3_600_000 });
    expect(settings.setAsideAfter.text).toBe('10m');
    expect(settings.setAside).toEqual(['shop/slow']);
  });
});
