import { rotationSettingsOf } from '../api/rotation-settings.ts';
import type { Ground } from './ground.ts';

/** Whom the MeshConfig lets a switch go on without; nobody before it was read. */
export function setAsideIn({ spec }: Pick<Ground, 'spec'>): readonly string[] {
  const current = spec();
  return current === undefined ? [] : rotationSettingsOf(current).setAside;
}
