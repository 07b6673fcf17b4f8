import type { ComponentType } from "preact";
import type { Same, Texts } from "../i18n";
import type { Route } from "../lib/router";
import type { IconName } from "../ui";
import Attempts from "./attempts";
import Audit from "./audit";
import Books from "./books";
import Letters from "./letters";
import Preflight from "./preflight";
import Product from "./product";
import Runbooks from "./runbooks";
import Sale from "./sale";
import Sales from "./sales";
import Settings from "./settings";
import Streams from "./streams";

/** PageProps are what every page is given. */
export interface PageProps {
  /** args are the parts of the address behind the page's name: of #/sales/2001, ["2001"]. */
  args: readonly string[];
  /** query are the filters of the address; setQuery of lib/router changes them. */
  query: Route["query"];
}

/** Page is a group of pages in the navigation. */
export interface Page {
  /** path is the first part of its address. */
  path: string;
  icon: IconName;
  title(texts: Same<Texts>): string;
  /** list is shown without args, one with them. */
  list: ComponentType<PageProps>;
  one?: ComponentType<PageProps>;
}

/** pages are all pages, in the order of the navigation. */
export const pages: readonly Page[] = [
  { path: "sales", icon: "sales", title: (x) => x.sales.title, list: Sales, one: Sale },
  { path: "books", icon: "books", title: (x) => x.books.title, list: Books },
  { path: "products", icon: "product", title: (x) => x.product.title, list: Product },
  { path: "preflight", icon: "preflight", title: (x) => x.preflight.title, list: Preflight },
  { path: "attempts", icon: "attempts", title: (x) => x.attempts.title, list: Attempts },
  { path: "streams", icon: "streams", title: (x) => x.streams.title, list: Streams },
  { path: "dead-letters", icon: "letters", title: (x) => x.letters.title, list: Letters },
  { path: "audit", icon: "audit", title: (x) => x.audit.title, list: Audit },
  { path: "runbooks", icon: "runbooks", title: (x) => x.runbooks.title, list: Runbooks },
  { path: "settings", icon: "settings", title: (x) => x.settings.title, list: Settings },
];
