import { render } from "preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Pager, usePager } from "./pager";

interface Source {
  /** pages are what the list answers, by its name and the cursor. */
  pages: Record<string, { items: string[]; nextCursor: string } | Error>;
  said?: Pager<string>;
}

function List({ name, source }: { name: string; source: Source }) {
  source.said = usePager(name, async ({ cursor = "" }) => {
    const page = source.pages[`${name}${cursor}`];
    if (page === undefined || page instanceof Error) throw page;
    return page;
  });
  return null;
}

const root = document.createElement("div");
const show = (name: string, source: Source) => render(<List name={name} source={source} />, root);
const page = (items: string[], nextCursor = "") => ({ items, nextCursor });
afterEach(() => render(null, root));

describe("a list, page by page", () => {
  it("goes on where the page before has ended, until there is no more", async () => {
    const source: Source = { pages: { a: page(["3", "2"], "2"), a2: page(["1"]) } };
    show("a", source);
    await vi.waitFor(() => expect(source.said?.data).toEqual(["3", "2"]));
    source.said?.more?.();
    await vi.waitFor(() => expect(source.said?.data).toEqual(["3", "2", "1"]));
    expect(source.said?.more).toBeUndefined();
  });

  it("begins anew when it is asked for again, and when it is another list", async () => {
    const source: Source = { pages: { a: page(["3"], "2"), a2: page(["2"]), b: page(["9"]) } };
    show("a", source);
    await vi.waitFor(() => expect(source.said?.more).toBeDefined());
    source.said?.more?.();
    await vi.waitFor(() => expect(source.said?.data).toEqual(["3", "2"]));
    source.pages.a = page(["4", "3"], "2");
    source.said?.refresh();
    await vi.waitFor(() => expect(source.said?.data).toEqual(["4", "3"]));
    source.said?.more?.();
    show("b", source);
    await vi.waitFor(() => expect(source.said?.data).toEqual(["9"]));
    expect(source.said?.more).toBeUndefined();
  });

  it("keeps what it has when a page does not come, and can be asked for it again", async () => {
    const source: Source = { pages: { a: page(["3"], "2"), a2: new Error("away") } };
    show("a", source);
    await vi.waitFor(() => expect(source.said?.more).toBeDefined());
    source.said?.more?.();
    await vi.waitFor(() => expect(source.said?.problem?.message).toBe("away"));
    expect(source.said?.data).toEqual(["3"]);
    source.pages.a2 = page(["2"]);
    source.said?.more?.();
    await vi.waitFor(() => expect(source.said?.data).toEqual(["3", "2"]));
    expect(source.said?.problem).toBeUndefined();
  });
});
