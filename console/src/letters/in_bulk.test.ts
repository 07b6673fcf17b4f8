import { describe, expect, it } from "vitest";
import { type Acted, inBulk } from "./in_bulk";

const answer = (replayed: number, stillBad: number, remaining: number, nextId: string) => ({
  matched: replayed + stillBad + remaining,
  replayed,
  stillBad,
  remaining,
  nextId,
});

describe("an act on many letters", () => {
  const never = new AbortController().signal;

  it("goes on where the call before has ended, until nothing is left", async () => {
    const answers = [answer(100, 7, 43, "9007199254740993"), answer(40, 3, 0, "9007199254741100")];
    const pages: unknown[] = [];
    const told: Acted[] = [];
    const all = await inBulk(
      async (page) => {
        pages.push(page);
        return answers[pages.length - 1] as (typeof answers)[0];
      },
      (acted) => told.push(acted),
      never,
    );
    expect(pages).toEqual([{ limit: 100 }, { limit: 100, afterId: "9007199254740993" }]);
    expect(told).toEqual([
      { done: 100, bad: 7, left: 43 },
      { done: 140, bad: 10, left: 0 },
    ]);
    expect(all).toEqual({ done: 140, bad: 10, left: 0 });
  });

  it("ends when a call has moved nothing", async () => {
    let calls = 0;
    await inBulk(
      async () => {
        calls++;
        return answer(0, 0, 5, "7");
      },
      () => {},
      never,
    );
    expect(calls).toBe(2);
  });

  it("stops after the call that is under way", async () => {
    const stop = new AbortController();
    let calls = 0;
    const all = await inBulk(
      async () => {
        calls++;
        stop.abort();
        return answer(100, 0, 900, "100");
      },
      () => {},
      stop.signal,
    );
    expect(calls).toBe(1);
    expect(all).toEqual({ done: 100, bad: 0, left: 900 });
  });

  it("fails with the call that fails, and has told of those before", async () => {
    const told: Acted[] = [];
    const failing = inBulk(
      async ({ afterId }) => {
        if (afterId) throw new Error("away");
        return answer(100, 0, 1, "100");
      },
      (acted) => told.push(acted),
      never,
    );
    await expect(failing).rejects.toThrow("away");
    expect(told).toEqual([{ done: 100, bad: 0, left: 1 }]);
  });
});
