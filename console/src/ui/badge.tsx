import type { ComponentChildren } from "preact";
import type { Tone } from "../lib/announce";
import { Icon, type IconName } from "./icon";

const icons: Record<Tone, IconName> = { neutral: "dot", info: "info", ok: "check", warn: "warn", bad: "bad" };

/** Badge is a state: a symbol, a word, and a colour. */
export function Badge({
  tone = "neutral",
  icon,
  children,
}: {
  tone?: Tone;
  icon?: IconName;
  children: ComponentChildren;
}) {
  return (
    <span class={`badge ${tone}`}>
      <Icon name={icon ?? icons[tone]} />
      {children}
    </span>
  );
}

/** Notice is a sentence or two that the page has to say, with what to do about it. */
export function Notice({ tone, title, children }: { tone: Tone; title?: string; children?: ComponentChildren }) {
  return (
    <div class={`notice ${tone}`}>
      <Icon name={icons[tone]} />
      <div>
        {title && <strong>{title}</strong>}
        {children}
      </div>
    </div>
  );
}
