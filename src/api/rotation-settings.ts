import type { Frozen } from '../common/freeze.ts';
import { parseDuration } from '../common/duration.ts';
import type { MeshConfigSpec } from './gen/mesh-config.ts';

/** A time that the MeshConfig gives, as it was written and in milliseconds. */
export interface Setting {
  readonly text: string;
  readonly ms: number;
}

/** spec.certificate.rotation of a MeshConfig, with the defaults its CRD documents. */
export interface RotationSettings {
  readonly bundlePropagation: Setting;
  readonly setAsideAfter: Setting;
  readonly renewBefore: Setting;
  readonly setAside: readonly string[];
}

const bundlePropagation = { text: '100s', ms: 100_000 };
const setAsideAfter = { text: '10m', ms: 600_000 };
const renewBefore = { text: '720h', ms: 720 * 3_600_000 };

/** The rotation settings of a spec. A text that is no duration counts as absent; validateSpec reports it. */
export function rotationSettingsOf({ certificate }: Frozen<MeshConfigSpec>): RotationSettings {
  const written = certificate?.rotation ?? {};
  return {
    bundlePropagation: setting(written.bundlePropagation, bundlePropagation),
    setAsideAfter: setting(written.setAsideAfter, setAsideAfter),
    renewBefore: setting(written.renewBefore, renewBefore),
    setAside: written.setAside ?? [],
  };
}

function setting(text: string | undefined, byDefault: Setting): Setting {
  const ms = text === undefined ? undefined : parseDuration(text);
  return text === undefined || ms === undefined ? byDefault : { text, ms };
}
