// What the service says each second, as signals. One connection for each thing that
// somebody looks at, none while the tab is hidden.

import { batch, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { noteServerTime } from "./clock";
import { type Link, type ServerEvent, type Subscription, subscribe } from "./events";
import type { ApiError } from "./http";
import { parse } from "./json";
import { Track } from "./series";
import type { History, Id, Overview, Sample } from "./types";

/** Milliseconds after which what was said last is no longer called live. */
export const freshFor = 3_000;

/** Something that is said each second. */
export interface Feed<T> {
  /** What was said last; undefined before the first time. */
  readonly latest: ReadonlySignal<T | undefined>;
  /** Nothing was said for 3 s: what is in latest holds as of its time, not now. */
  readonly stale: ReadonlySignal<boolean>;
  readonly link: ReadonlySignal<Link>;
  /** It broke off, or was never made, and is tried again; until it is open. */
  readonly lost: ReadonlySignal<boolean>;
  /** Why link is refused. */
  readonly error: ReadonlySignal<ApiError | undefined>;
  /** Listens until the function that it gives is called; several share one connection. */
  watch(): () => void;
}

/** A product's feed, with its last 15 minutes. */
export interface ProductFeed extends Feed<Sample> {
  readonly track: Track;
  /** Rises with each change of track. */
  readonly revision: ReadonlySignal<number>;
}

export interface Live {
  readonly overview: Feed<Overview>;
  /** The feed of a product, the same one for all who ask. */
  product(id: Id): ProductFeed;
  /** Connects anew with the token as it is now, after somebody has signed in again. */
  renew(): void;
}

export type LiveOptions = Pick<Subscription, "token" | "onUnauthorized" | "base" | "fetch" | "silence" | "pause">;

/** Makes the feeds; nothing is connected before somebody watches. */
export function createLive(options: LiveOptions): Live {
  const products = new Map<Id, LiveProduct>();
  const overview = new LiveFeed<Overview>("admin/v1/live", options);
  return {
    overview,
    product(id) {
      const feed = products.get(id) ?? new LiveProduct(id, options);
      products.set(id, feed);
      return feed;
    },
    renew() {
      for (const feed of [overview, ...products.values()]) {
        feed.restart();
      }
    },
  };
}

class LiveFeed<T extends { at: string }> implements Feed<T> {
  readonly latest: Signal<T | undefined> = signal();
  readonly stale = signal(false);
  readonly link = signal<Link>("connecting");
  readonly lost = signal(false);
  readonly error: Signal<ApiError | undefined> = signal();
  private watchers = 0;
  private connection: AbortController | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private heardAt = 0;
  private last = { id: "" };

  constructor(
    private readonly path: string,
    private readonly options: LiveOptions,
  ) {}

  watch(): () => void {
    if (this.watchers++ === 0) {
      document.addEventListener("visibilitychange", this.follow);
      this.follow();
    }
    let watching = true;
    return () => {
      if (watching && --this.watchers === 0) {
        this.leave();
      }
      watching = false;
    };
  }

  restart(): void {
    if (this.watchers > 0) {
      this.disconnect();
      this.follow();
    }
  }

  /** Takes one event; returns what it says, undefined when it says nothing of T. */
  protected take(event: ServerEvent): T | undefined {
    return event.event === "sample" ? parse<T>(event.data) : undefined;
  }

  /** Forgets what was said, once nobody watches any more. */
  protected forget(): void {
    this.last = { id: "" };
    this.latest.value = undefined;
    this.stale.value = false;
    this.lost.value = false;
  }

  private leave(): void {
    document.removeEventListener("visibilitychange", this.follow);
    this.disconnect();
    clearTimeout(this.timer);
    this.forget();
  }

  // Connects or disconnects as the tab is seen or hidden.
  private readonly follow = () => {
    if (document.hidden) {
      this.disconnect();
      return;
    }
    this.age();
    if (!this.connection) {
      this.connection = new AbortController();
      void subscribe({
        ...this.options,
        path: this.path,
        signal: this.connection.signal,
        last: this.last,
        onEvent: this.hear,
        onLink: (link, error) =>
          batch(() => {
            this.link.value = link;
            this.error.value = error;
            if (link !== "connecting") this.lost.value = link === "waiting";
          }),
      });
    }
  };

  private disconnect(): void {
    this.connection?.abort();
    this.connection = undefined;
    // What is still to come of an old connection goes nowhere: a new one has its own state.
    this.last = { id: this.last.id };
  }

  private readonly hear = (event: ServerEvent) =>
    batch(() => {
      const said = this.read(event);
      if (said === undefined) {
        return;
      }
      this.heardAt = Date.now();
      noteServerTime(Date.parse(said.at));
      this.latest.value = said;
      this.age();
    });

  // An event that cannot be read says nothing; what was said before grows old by itself.
  private read(event: ServerEvent): T | undefined {
    try {
      return this.take(event);
    } catch {
      return undefined;
    }
  }

  // Whether what was heard is old; by the wall clock, as timers stand still in a tab that
  // is hidden and on a machine that sleeps.
  private age(): void {
    clearTimeout(this.timer);
    if (this.latest.value === undefined) {
      return;
    }
    const left = this.heardAt + freshFor - Date.now();
    this.stale.value = left <= 0;
    if (left > 0) {
      this.timer = setTimeout(() => this.age(), left);
    }
  }
}

class LiveProduct extends LiveFeed<Sample> implements ProductFeed {
  readonly track = new Track();
  readonly revision = signal(0);

  constructor(id: Id, options: LiveOptions) {
    super(`admin/v1/products/${encodeURIComponent(id)}/live`, options);
  }

  protected override forget(): void {
    super.forget();
    this.track.clear();
    this.revision.value++;
  }

  protected override take(event: ServerEvent): Sample | undefined {
    const sample = event.event === "history" ? this.begin(parse<History>(event.data)) : super.take(event);
    if (sample && event.event === "sample") {
      this.track.add(sample);
    }
    this.revision.value++;
    return sample;
  }

  // What the history ends with is not what holds now: that is said by the next sample.
  private begin(history: History): undefined {
    this.track.replace(history);
    return undefined;
  }
}
