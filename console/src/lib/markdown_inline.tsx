// What stands within a line of Markdown: code, links, emphasis.

import type { ComponentChildren } from "preact";

/** Turns an address of a document into one of the page; undefined leaves the link out. */
export type LinkTo = (address: string) => string | undefined;

/** Lets through http, https and addresses within the page: no javascript:, no data:, however it is written. */
export function safeUrl(address: string): string | undefined {
  return /^(?:https?:\/\/|#)/i.test(address) ? address : undefined;
}

// Code, a link, strong, emphasis, a bare address, an escaped character.
const span =
  /(`+)([\s\S]*?[^`])\1(?!`)|\[((?:[^\]\\]|\\.)*)\]\(\s*<?([^)\s>]*)>?(?:\s+"[^"]*")?\s*\)|(\*\*|__)(?=\S)([\s\S]*?\S)\5|(?<![\w*])([*_])(?=[^\s*_])([\s\S]*?[^\s*_])\7(?![\w*])|<?(https?:\/\/[^\s<>`|]*[^\s<>`|.,;:!?)\]'"])>?|\\([!-/:-@[-`{-~])/g;

/** Makes nodes of a line's text. */
export function inline(text: string, link: LinkTo): ComponentChildren[] {
  const nodes: ComponentChildren[] = [];
  let end = 0;
  for (const found of text.matchAll(span)) {
    if (found.index > end) {
      nodes.push(text.slice(end, found.index));
    }
    nodes.push(node(found, link));
    end = found.index + found[0].length;
  }
  if (end < text.length) {
    nodes.push(text.slice(end));
  }
  return nodes;
}

function node(found: RegExpExecArray, link: LinkTo): ComponentChildren {
  const [, , code, label, target, , strong, , emphasis, bare, escaped] = found;
  if (code !== undefined) {
    return <code>{code.replace(/^ (.+) $/, "$1")}</code>;
  }
  if (label !== undefined) {
    return anchor(
      inline(label, () => undefined),
      target ?? "",
      link,
    );
  }
  if (strong !== undefined) {
    return <strong>{inline(strong, link)}</strong>;
  }
  if (emphasis !== undefined) {
    return <em>{inline(emphasis, link)}</em>;
  }
  return bare === undefined ? escaped : anchor(bare, bare, link);
}

function anchor(label: ComponentChildren, target: string, link: LinkTo): ComponentChildren {
  const made = link(target);
  const href = made === undefined ? undefined : safeUrl(made);
  if (href === undefined) {
    return <span>{label}</span>;
  }
  return href.startsWith("#") ? (
    <a href={href}>{label}</a>
  ) : (
    <a href={href} rel="noreferrer noopener" target="_blank">
      {label}
    </a>
  );
}
