// What somebody wants to do with a sale's stock, before it is asked of the service.

/** StockWish is what the fields of the dialog hold. */
export interface StockWish {
  direction: "add" | "take";
  units: string;
  note: string;
}

/** StockFault says what is wrong with a wish. */
export type StockFault = "badUnits" | "tooMany" | "badNote";

/** greatest is the most that the service takes in one change. */
const greatest = 1_000_000_000_000;
/** longestNote is the most characters of a note. */
const longestNote = 255;

/** deltaOf reads the units to add, or, below 0, to withdraw; undefined when they are no whole number. */
export function deltaOf({ direction, units }: StockWish): number | undefined {
  if (!/^\d{1,13}$/.test(units.trim())) return undefined;
  const n = Number(units.trim());
  if (n < 1 || n > greatest) return undefined;
  return direction === "add" ? n : -n;
}

/** faultOf says what is wrong with a wish; left is how many units are left, where it is known. */
export function faultOf(wish: StockWish, left: number | undefined): StockFault | undefined {
  const delta = deltaOf(wish);
  if (delta === undefined) return "badUnits";
  if (left !== undefined && left + delta < 0) return "tooMany";
  const length = [...wish.note.trim()].length;
  return length < 1 || length > longestNote ? "badNote" : undefined;
}
