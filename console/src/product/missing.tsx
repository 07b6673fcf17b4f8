import { t } from "../i18n";
import { ApiError } from "../lib/api";
import { hrefOf } from "../lib/router";
import { PageHead } from "../ui";

/** isMissing reports whether a question failed because there is no such product. */
export function isMissing(error: Error | undefined): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 400);
}

/** NoSuchProduct says so, and leads to those that there are. */
export function NoSuchProduct() {
  const { product: texts } = t();
  return (
    <PageHead title={texts.noSuch} lead={texts.noSuchText} up={{ href: hrefOf(["products"]), text: texts.title }} />
  );
}
