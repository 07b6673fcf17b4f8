import { t } from "../i18n";
import { Empty, PageHead } from "../ui";
import type { PageProps } from ".";

export default function Books(_: PageProps) {
  const { books: texts, common } = t();
  return (
    <>
      <PageHead title={texts.title} />
      <Empty title={common.nothing} />
    </>
  );
}
