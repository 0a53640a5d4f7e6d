import { rotationSettingsOf } from '../api/rotation-settings.ts';
import type { Ground } from './ground.ts';

/** The pods that the MeshConfig lets a switch of roots go on without; none before a MeshConfig was read. */
export function setAsideIn({ spec }: Pick<Ground, 'spec'>): readonly string[] {
  const current = spec();
  return current === undefined ? [] : rotationSettingsOf(current).setAside;
}
