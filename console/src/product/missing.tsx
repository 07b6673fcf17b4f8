import { t } from "../i18n";
import { ApiError } from "../lib/api";
import { hrefOf } from "../lib/router";
import { Empty } from "../ui";

/** isMissing reports whether a question failed because there is no such product. */
export function isMissing(error: Error | undefined): boolean {
  return error instanceof ApiError && (error.status === 404 || error.status === 400);
}

/** NoSuchProduct says so, and leads to those that there are. */
export function NoSuchProduct() {
  const { product: texts } = t();
  return (
    <Empty icon="product" title={texts.noSuch}>
      <p>{texts.noSuchText}</p>
      <a class="button" href={hrefOf(["products"])}>
        {texts.title}
      </a>
    </Empty>
  );
}
