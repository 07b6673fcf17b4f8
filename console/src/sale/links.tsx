import { t } from "../i18n";
import { hrefOf } from "../lib/router";
import type { Id } from "../lib/types";

/** SaleLinks lead from a page of a sale to the others; of is the first part of the page's own address. */
export function SaleLinks({ id, of }: { id: Id; of: string }) {
  const { sale } = t();
  const links: [text: string, page: string, href: string][] = [
    [sale.title, "sales", hrefOf(["sales", id])],
    [sale.books, "books", hrefOf(["books", id])],
    [sale.preflight, "preflight", hrefOf(["preflight", id])],
    [sale.product, "products", hrefOf(["products", id])],
    [sale.stream, "streams", hrefOf(["streams", id])],
    [sale.deadLetters, "dead-letters", hrefOf(["dead-letters"], { productId: id })],
    [sale.orders, "attempts", hrefOf(["attempts"], { productId: id })],
    [sale.wholeAudit, "audit", hrefOf(["audit"], { target: `product:${id}` })],
  ];
  return (
    <nav class="links" aria-label={sale.links}>
      {links
        .filter(([, page]) => page !== of)
        .map(([text, page, href]) => (
          <a key={page} href={href}>
            {text}
          </a>
        ))}
    </nav>
  );
}
