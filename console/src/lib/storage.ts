/** What the console keeps in this browser: choices of how it looks, never a token. */
const prefix = "seckill.";

/** kept returns what keep has stored under a name. */
export function kept(name: string): string | undefined {
  try {
    return localStorage.getItem(prefix + name) ?? undefined;
  } catch {
    return undefined; // the browser keeps nothing
  }
}

/** keep stores a value for the next visit, where the browser lets us. */
export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(prefix + name, value);
  } catch {
    // the choice lasts as long as the page
  }
}
