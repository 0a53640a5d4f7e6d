import { setTimeout as pause } from 'node:timers/promises';

/**
 * Lets time pass that no event ends. `why` says what the time is for: another program's own timer, the pace of an
 * attack or of a measurement. For what must come about there is `until`, for what must not `staysTrueFor`.
 */
export async function letPass(ms: number, _why: string): Promise<void> {
  await pause(ms);
}
