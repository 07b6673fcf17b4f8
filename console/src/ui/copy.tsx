import { t } from "../i18n";
import { toast } from "../lib/announce";
import { Button } from "./button";

/** CopyButton copies a text; where the browser does not let it, the text is still there to be selected. */
export function CopyButton({ text }: { text: string }) {
  const { common } = t();
  const copy = () =>
    Promise.resolve(navigator.clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"))).then(
      () => toast("ok", common.copied),
      () => toast("warn", common.notCopied),
    );
  return (
    <Button icon="copy" kind="quiet" onClick={copy}>
      {common.copy}
    </Button>
  );
}
