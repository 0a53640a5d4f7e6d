/** What a schedule counts time by; milliseconds. */
export interface ScheduleClock {
  readonly now: () => number;
}

/** Says which exchanges are due. */
export interface Schedule {
  /** When each exchange that became due since the last call was due, oldest first. */
  readonly due: () => readonly number[];
}

/**
 * An open loop: one exchange every `1000 / rate` ms from now on, however long answers take. One that
 * is late still gets its own time, so that waiting counts as a part of the answer's time.
 */
export function makeSchedule(rate: number, clock: ScheduleClock): Schedule {
  const start = clock.now();
  let count = 0;
  return {
    due: () => {
      const times: number[] = [];
      const until = ((clock.now() - start) * rate) / 1000;
      for (; count + 1 <= until; count += 1) times.push(start + ((count + 1) * 1000) / rate);
      return times;
    },
  };
}
