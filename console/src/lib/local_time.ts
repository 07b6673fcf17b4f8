// Moments as a field of date and time has them: in the viewer's zone, without saying so.

/** localOf writes a moment (RFC 3339) for a field of date and time; "" for what is none. */
export function localOf(moment: string | undefined): string {
  const at = moment ? new Date(moment) : undefined;
  if (!at || Number.isNaN(at.getTime())) return "";
  const two = (n: number) => String(n).padStart(2, "0");
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** momentOfLocal reads what such a field holds, as RFC 3339 in UTC; undefined for what is no moment. */
export function momentOfLocal(local: string): string | undefined {
  const at = new Date(local);
  return local && !Number.isNaN(at.getTime()) ? at.toISOString() : undefined;
}
