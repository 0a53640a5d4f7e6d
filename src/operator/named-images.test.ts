import { describe, expect, it } from '@jest/globals';
import type { PodTemplate } from '../api/core.ts';
import { NamedImages } from './named-images.ts';

function templateOf(version: string, images: Readonly<Record<string, string>>): PodTemplate {
  const containers = Object.entries(images).map(([name, image]) => ({ name, image }));
  return {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    metadata: { name: 'weft-images', labels: { 'app.kubernetes.io/version': version } },
    template: { spec: { containers } },
  };
}

const ours = templateOf('1.0.0', {
  'control-plane': 'r/weft@1',
  envoy: 'r/envoy@1',
  init: 'r/i@1',
});
const next = templateOf('1.1.0', {
  'control-plane': 'r/weft@2',
  envoy: 'r/envoy@2',
  init: 'r/i@2',
});
const ofOurs = { controlPlane: 'r/weft@1', envoy: 'r/envoy@1', init: 'r/i@1' };

describe('the images of an install', () => {
  it('are those of its PodTemplate', () => {
    expect(new NamedImages('1.0.0').read(ours)).toEqual(ofOurs);
  });

  it('are the published ones where it names none', () => {
    const images = new NamedImages('1.0.0');
    const published = { controlPlane: 'weft.dev/weft:1.0.0', init: 'weft.dev/weft-init:1.0.0' };
    expect(images.read(undefined)).toMatchObject(published);
    expect(images.read(templateOf('1.0.0', { envoy: 'r/envoy@1' }))).toMatchObject({
      ...published,
      envoy: 'r/envoy@1',
    });
  });

  it('stay when the PodTemplate becomes that of another version, or goes', () => {
    const images = new NamedImages('1.0.0');
    images.read(ours);
    expect(images.read(next)).toEqual(ofOurs);
    expect(images.read(undefined)).toEqual(ofOurs);
    const moved = templateOf('1.0.0', { envoy: 'r/envoy@3' });
    expect(images.read(moved).envoy).toBe('r/envoy@3');
  });

  it('are those of the command line before all', () => {
    const images = new NamedImages('1.0.0', { envoy: 'mine' });
    expect(images.read(ours)).toEqual({ ...ofOurs, envoy: 'mine' });
    expect(images.read(next).envoy).toBe('mine');
  });
});
