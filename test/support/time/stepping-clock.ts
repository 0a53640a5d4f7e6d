import { FakeClock } from './fake-clock.ts';

/** A clock whose hands can be set, as wall clocks are: a sleeping caller goes on sleeping. */
export class SteppingClock extends FakeClock {
  #offset = 0;

  override now(): number {
    return super.now() + this.#offset;
  }

  /** Sets the hands on, or back for a negative number. */
  step(ms: number): void {
    this.#offset += ms;
  }
}
