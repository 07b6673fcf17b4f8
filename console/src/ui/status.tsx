import { t } from "../i18n";
import { announced, dismiss, toasts } from "../lib/announce";
import { Badge } from "./badge";
import { Button } from "./button";

/** Status holds the short messages, and what a screen reader is told. */
export function Status() {
  return (
    <>
      <div class="unseen" role="status">
        {announced.value}
      </div>
      <section class="toasts" aria-label={t().common.messages}>
        {toasts.value.map((one) => (
          <div key={one.id} class={`toast ${one.tone}`}>
            <Badge tone={one.tone}>{one.text}</Badge>
            <Button kind="quiet" icon="close" iconOnly onClick={() => dismiss(one.id)}>
              {t().common.close}
            </Button>
          </div>
        ))}
      </section>
    </>
  );
}
