import type { Query } from "../lib/router";
import type { Product, ProductMode } from "../lib/types";
import { matches, type SaleState, saleStates, stateOf } from "../sale/state";

/** ProductFilter is what a list of products is narrowed by. */
export interface ProductFilter {
  search: string;
  state: SaleState | undefined;
  mode: ProductMode | undefined;
}

/** filterOf reads the filters of an address; a value that there is not filters nothing. */
export function filterOf(query: Query): ProductFilter {
  return {
    search: query.q ?? "",
    state: saleStates.find((state) => state === query.state),
    mode: (["SETTLE", "RECORD"] as const).find((mode) => mode === query.mode),
  };
}

/** fits reports whether a product passes the filters at a time (Unix milliseconds). */
export function fits(product: Product, { search, state, mode }: ProductFilter, now: number): boolean {
  return (
    matches(product, search) &&
    (state === undefined || stateOf(product, now) === state) &&
    (mode === undefined || product.mode === mode)
  );
}
