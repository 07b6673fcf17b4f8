// The service's clock, as the live samples show it: a countdown by a viewer's clock that is
// wrong would be wrong by as much.

import { computed, signal } from "@preact/signals";

/** How many samples the difference of the clocks is taken from. */
const kept = 15;

const differences = signal<readonly number[]>([]);

// A sample that was on its way for long makes the service's clock look late, never early:
// of several differences the greatest is nearest to the truth.
const offset = computed(() => (differences.value.length > 0 ? Math.max(...differences.value) : 0));

/** Tells the clock that a sample of the given time (Unix milliseconds) has come just now. */
export function noteServerTime(at: number, now: number = Date.now()): void {
  differences.value = [...differences.value.slice(1 - kept), at - now];
}

/** The service's time, Unix milliseconds; the viewer's until a sample has come. */
export function serverNow(now: number = Date.now()): number {
  return now + offset.value;
}

/** Forgets what it was told. */
export function resetClock(): void {
  differences.value = [];
}

let timer: ReturnType<typeof setInterval> | undefined;

/** A signal of the service's time that moves each second while somebody looks at it. */
export const ticking = signal(Date.now(), {
  watched() {
    const tick = () => {
      ticking.value = serverNow();
    };
    tick();
    timer = setInterval(tick, 1000);
  },
  unwatched() {
    clearInterval(timer);
  },
});
