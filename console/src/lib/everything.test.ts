import { describe, expect, it } from "vitest";
import { everything, most } from "./everything";

describe("everything", () => {
  it("follows the cursors to the end", async () => {
    const asked: (string | undefined)[] = [];
    const items = await everything(async ({ cursor }) => {
      asked.push(cursor);
      return { items: [asked.length], nextCursor: asked.length < 3 ? `c${asked.length}` : "" };
    });
    expect(items).toEqual([1, 2, 3]);
    expect(asked).toEqual(["", "c1", "c2"]);
  });

  it("stops at the most that a page shows", async () => {
    const page = { items: Array.from({ length: 100 }, (_, n) => n), nextCursor: "next" };
    expect(await everything(async () => page)).toHaveLength(most);
  });
});
