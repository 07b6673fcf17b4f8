// Waiting that can be called off, and how long to wait before asking again.

/** Resolves after ms milliseconds; rejects with the signal's reason when it is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/**
 * Milliseconds to wait before the n-th repetition (from 0): somewhere in the upper half of
 * base, doubled each time up to most, so that consoles do not all come back at once.
 */
export function backoff(n: number, base: number, most: number, random: () => number = Math.random): number {
  const full = Math.min(most, base * 2 ** n);
  return full / 2 + (full / 2) * random();
}
