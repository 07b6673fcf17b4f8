import { computed, signal } from "@preact/signals";
import { ApiError, api, connect, live } from "./api";
import { serverNow } from "./clock";
import type { Session } from "./types";

/** Action is what may be allowed or not: the name of it in the audit. */
export type Action = string;

const storageKey = "seckill.token";

const token = signal<string | undefined>(undefined);
const current = signal<Session | undefined>(undefined);
const refused = signal(false);

/** session is who is signed in; undefined before the first sign-in, and after signing out. */
export const session = computed(() => current.value);

/** expired says that the service no longer takes the token of the session: sign in again. */
export const expired = computed(() => refused.value && current.value !== undefined);

/** signedIn counts the sign-ins, so that what failed for want of a token is asked again. */
export const signedIn = signal(0);

/** can reports whether the service allows an action to who is signed in. */
export function can(action: Action): boolean {
  return current.value?.allowed.includes(action) ?? false;
}

/** Problem says why a sign-in did not work. */
export type Problem = "malformed" | "refused" | "tooSmall" | "away";

/**
 * signIn asks the service what a token is good for, and takes it if it is good for the console; stay
 * keeps it in the tab over a reload.
 */
export async function signIn(given: string, stay: boolean): Promise<Problem | undefined> {
  const trimmed = given.trim().replace(/^bearer\s+/i, "");
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(trimmed)) return "malformed";
  const before = token.value;
  token.value = trimmed;
  try {
    current.value = await api.session();
  } catch (problem) {
    token.value = before;
    return problemOf(problem);
  }
  refused.value = false;
  remember(stay ? trimmed : undefined);
  signedIn.value++;
  live.renew();
  askAtExpiry();
  return undefined;
}

/** longestTimer is what setTimeout can wait for, in milliseconds; beyond, it does not wait at all. */
const longestTimer = 2 ** 31 - 1;
/** askAgainAfter is the pause between two questions whether an expired token is still good: servers give some leeway. */
const askAgainAfter = 5_000;

let expiry: ReturnType<typeof setTimeout> | undefined;

// Asks the service when the token should be good no longer: a page that only listens would not notice.
// By the server's clock, which is the one that counts.
function askAtExpiry(): void {
  clearTimeout(expiry);
  const who = current.value;
  if (!who || refused.value) return;
  const left = Date.parse(who.expiresAt) - serverNow();
  const wait = Math.min(Math.max(left, askAgainAfter), longestTimer);
  expiry = setTimeout(async () => {
    if (Date.parse(who.expiresAt) <= serverNow()) await api.session().catch(() => undefined); // a 401 is heard of by the hook
    askAtExpiry();
  }, wait);
}

function problemOf(problem: unknown): Problem {
  if (!(problem instanceof ApiError)) return "away";
  if (problem.status === 401) return "refused";
  if (problem.status === 403) return "tooSmall";
  return "away";
}

/** signOut forgets the token and who it was. */
export function signOut(): void {
  remember(undefined);
  token.value = undefined;
  current.value = undefined;
  refused.value = false;
  clearTimeout(expiry);
}

/** given is a token that came with the address or from the tab, to sign in with at start. */
let given: { token: string; stay: boolean } | undefined;

/** takeFragmentToken takes a token out of the address (#token=…) and erases it there; else the tab's. */
export function takeFragmentToken(): void {
  const match = /^#token=([^&]+)/.exec(location.hash);
  if (match?.[1]) {
    history.replaceState(null, "", `${location.pathname}${location.search}#/`);
    given = { token: decodeURIComponent(match[1]), stay: false };
    return;
  }
  const stored = recall();
  if (stored) given = { token: stored, stay: true };
}

/** signInAtStart signs in with what takeFragmentToken has found. */
export async function signInAtStart(): Promise<Problem | undefined> {
  const start = given;
  given = undefined;
  return start && signIn(start.token, start.stay);
}

/** hasStart reports whether there is something to sign in with at start. */
export function hasStart(): boolean {
  return given !== undefined;
}

function recall(): string | undefined {
  try {
    return sessionStorage.getItem(storageKey) ?? undefined;
  } catch {
    return undefined;
  }
}

function remember(value: string | undefined): void {
  try {
    if (value === undefined) sessionStorage.removeItem(storageKey);
    else sessionStorage.setItem(storageKey, value);
  } catch {
    // without storage it lasts as long as the page
  }
}

connect({
  token: () => token.value,
  onUnauthorized(sent) {
    if (sent === token.value && current.value) refused.value = true;
  },
});
