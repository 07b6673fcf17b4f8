import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { t } from "../i18n";
import { toast } from "../lib/announce";
import { type Action, can, session } from "../lib/session";
import { Icon, type IconName } from "./icon";

/** ButtonProps are what a button may be given. */
export interface ButtonProps {
  children: ComponentChildren;
  onClick?(): void;
  /** kind is how it looks; danger is for what cannot be undone. */
  kind?: "primary" | "danger" | "quiet";
  icon?: IconName;
  /** action is what the service has to allow; without it anybody may. */
  action?: Action;
  /** reason says why the button cannot be used now; it is shown, and read out. */
  reason?: string;
  /** busy says that what it did last is not done yet. */
  busy?: boolean;
  /** iconOnly hides the text from the eye; it is still the button's name. */
  iconOnly?: boolean;
  type?: "button" | "submit";
  expanded?: boolean;
  pressed?: boolean;
}

/**
 * Button is disabled with the reason: it keeps the focus and its place, tells why, and does nothing. What
 * the service does not allow is such a reason.
 */
export function Button(props: ButtonProps) {
  const { children, onClick, kind, icon, action, busy, iconOnly, type = "button" } = props;
  const forbidden = action !== undefined && !can(action) ? t().common.notAllowed(session.value?.role ?? "") : undefined;
  const reason = forbidden ?? props.reason;
  const id = useId();
  const press = (event: Event) => {
    if (reason || busy) {
      event.preventDefault();
      if (reason) toast("info", reason);
      return;
    }
    onClick?.();
  };
  return (
    <button
      type={type}
      class={`button ${kind ?? ""} ${iconOnly ? "icon-only" : ""}`}
      aria-disabled={reason || busy ? "true" : undefined}
      aria-describedby={reason ? id : undefined}
      aria-busy={busy ? "true" : undefined}
      aria-expanded={props.expanded}
      aria-pressed={props.pressed}
      onClick={press}
    >
      {icon && <Icon name={icon} />}
      <span class={iconOnly ? "unseen" : undefined}>{children}</span>
      {reason && (
        <span class="reason" id={id}>
          {reason}
        </span>
      )}
    </button>
  );
}
