// What tests of pages stand on: a page that is shown to somebody who is signed in, and a service.

import { type ComponentChildren, render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, vi } from "vitest";
import { signIn, signOut } from "../lib/session";
import { type Asked, answer, FakeStream, fakeService } from "../lib/testing";

export { act };

/** root is what the page is shown in. */
export const root = document.createElement("div");

const everything = ["product.pause", "product.resume", "product.stock", "product.end"];

/** page is the page of the present test, and the service that it asks. */
export const page = {
  /** stream is the newest stream of events. */
  stream: new FakeStream(),
  asked: [] as Asked[],
  /** posted answers what changes something. */
  posted: () => answer(200, {}),
  /** lists answer what is listed, by the end of the path; else a list is empty. */
  lists: {} as Record<string, unknown[]>,

  /** open signs in, with what the service allows, and shows a page. */
  async open(shown: ComponentChildren, allowed = everything): Promise<void> {
    serve(allowed);
    await signIn("a.b.c", false);
    await act(() => render(shown, root));
    await flush();
  },

  /** show shows the page with other properties. */
  async show(shown: ComponentChildren): Promise<void> {
    await act(() => render(shown, root));
    await flush();
  },

  async leave(): Promise<void> {
    await act(() => render(null, root));
    await flush();
  },
};

function serve(allowed: string[]): void {
  const fake = fakeService((call) => {
    const { pathname } = new URL(call.url);
    if (call.method !== "GET") return page.posted();
    if (pathname.endsWith("/session")) {
      return answer(200, { subject: "ann", role: "viewer", expiresAt: "2027-01-01T00:00:00Z", allowed });
    }
    if (pathname.endsWith("/live")) {
      page.stream = new FakeStream();
      return page.stream.response;
    }
    const list = Object.keys(page.lists).find((end) => pathname.endsWith(end));
    return answer(200, { items: list ? page.lists[list] : [], nextCursor: "" });
  });
  page.asked = fake.asked;
  vi.stubGlobal("fetch", fake.fetch);
}

/** flush lets happen what is due now. */
export const flush = () => act(async () => void (await vi.advanceTimersByTimeAsync(0)));

/** pageForEach gives each test of a file a page of its own, and a clock that stands still. */
export function pageForEach(): void {
  beforeEach(() => {
    vi.useFakeTimers({ now: Date.UTC(2026, 10, 26, 12) });
    document.body.append(root);
    page.posted = () => answer(200, {});
    page.lists = {};
  });
  afterEach(async () => {
    await page.leave();
    signOut();
    vi.unstubAllGlobals();
    vi.useRealTimers();
  });
}
