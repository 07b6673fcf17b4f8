// Runbooks are Markdown: headings, paragraphs, lists, code, tables, quotes, links, emphasis.
// The renderer makes nodes and never HTML text, so what a document says can be no markup.

import { type ComponentChildren, h } from "preact";
import { inline, type LinkTo, safeUrl } from "./markdown_inline";

export interface MarkdownProps {
  text: string;
  /** Level of the document's first heading on the page; 2 by default. */
  level?: number;
  /** Turns an address of the document into one of the page; undefined leaves the link out. */
  link?: LinkTo;
}

/** Shows a Markdown text. */
export function Markdown({ text, level = 2, link = safeUrl }: MarkdownProps) {
  const lines = text.replace(/\r\n?/g, "\n").replace(/\t/g, "    ").split("\n");
  return <>{blocks(lines, { shift: level - 1, link })}</>;
}

interface Context {
  shift: number;
  link: LinkTo;
}

/** What a kind of block makes of the lines from i on; undefined when they begin another. */
type Reader = (lines: string[], i: number, c: Context) => { node: ComponentChildren; next: number } | undefined;

const fence = /^ {0,3}(```+|~~~+)\s*([\w-]*)/;
const heading = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const rule = /^ {0,3}(?:-\s*){3,}$|^ {0,3}(?:\*\s*){3,}$/;
const quote = /^ {0,3}> ?/;
const item = /^( {0,3})([-*+]|\d{1,9}[.)])( +)/;
const divider = /^ *\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *$/;

const readers: Reader[] = [readCode, readHeading, readRule, readQuote, readList, readTable, readParagraph];

function blocks(lines: string[], c: Context): ComponentChildren[] {
  const nodes: ComponentChildren[] = [];
  for (let i = 0; i < lines.length; ) {
    if (at(lines, i).trim() === "") {
      i++;
      continue;
    }
    const read = first(lines, i, c);
    nodes.push(read.node);
    i = read.next;
  }
  return nodes;
}

function first(lines: string[], i: number, c: Context) {
  for (const reader of readers) {
    const read = reader(lines, i, c);
    if (read) {
      return read;
    }
  }
  return { node: at(lines, i), next: i + 1 };
}

function readCode(lines: string[], i: number) {
  const open = fence.exec(at(lines, i));
  if (!open) {
    return undefined;
  }
  const close = (line: string) => line.trim().startsWith(open[1] as string);
  let end = i + 1;
  while (end < lines.length && !close(at(lines, end))) {
    end++;
  }
  const code = lines.slice(i + 1, end).join("\n");
  // It can be wider than the page: whoever has no mouse scrolls it by the keys.
  const node = (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable
    <pre tabIndex={0} data-language={open[2] || undefined}>
      <code>{code}</code>
    </pre>
  );
  return { node, next: end + 1 };
}

function readHeading(lines: string[], i: number, c: Context) {
  const found = heading.exec(at(lines, i));
  if (!found) {
    return undefined;
  }
  const level = Math.min(6, (found[1] as string).length + c.shift);
  return { node: h(`h${level}` as "h2", null, inline(found[2] as string, c.link)), next: i + 1 };
}

function readRule(lines: string[], i: number) {
  return rule.test(at(lines, i)) ? { node: <hr />, next: i + 1 } : undefined;
}

function readQuote(lines: string[], i: number, c: Context) {
  let end = i;
  while (end < lines.length && quote.test(at(lines, end))) {
    end++;
  }
  if (end === i) {
    return undefined;
  }
  const inner = lines.slice(i, end).map((line) => line.replace(quote, ""));
  return { node: <blockquote>{blocks(inner, c)}</blockquote>, next: end };
}

function readList(lines: string[], i: number, c: Context) {
  const begin = item.exec(at(lines, i));
  if (!begin) {
    return undefined;
  }
  const ordered = /\d/.test(begin[2] as string);
  const items: ComponentChildren[] = [];
  let next = i;
  for (let mark = begin as RegExpExecArray | null; mark && /\d/.test(mark[2] as string) === ordered; ) {
    const read = readItem(lines, next, mark, c);
    items.push(read.node);
    next = read.next;
    mark = item.exec(at(lines, next));
  }
  const node = ordered ? <ol start={Number.parseInt(begin[2] as string, 10)}>{items}</ol> : <ul>{items}</ul>;
  return { node, next };
}

// An item goes on while lines are indented to its text, or, as a paragraph's, not interrupted.
function readItem(lines: string[], i: number, mark: RegExpExecArray, c: Context) {
  const indent = mark[0].length;
  const inner = [at(lines, i).slice(indent)];
  let next = i + 1;
  let blank = false;
  for (; next < lines.length; next++) {
    const line = at(lines, next);
    const deep = line.startsWith(" ".repeat(indent));
    if (line.trim() !== "" && !deep && (blank || begins(line))) {
      break;
    }
    blank = line.trim() === "";
    inner.push(deep ? line.slice(indent) : line.trimStart());
  }
  const simple = inner.every((line, n) => (n === 0 || !begins(line)) && line.trim() !== "");
  const tight = simple || !inner.slice(0, trimEnd(inner)).some((line) => line.trim() === "");
  return { node: <li>{tight && isText(inner) ? inline(textOf(inner), c.link) : blocks(inner, c)}</li>, next };
}

function trimEnd(lines: string[]): number {
  let end = lines.length;
  while (end > 0 && at(lines, end - 1).trim() === "") {
    end--;
  }
  return end;
}

function isText(lines: string[]): boolean {
  return lines.every((line) => !begins(line));
}

function textOf(lines: string[]): string {
  return lines
    .map((line) => line.trim())
    .filter(Boolean)
    .join(" ");
}

function readTable(lines: string[], i: number, c: Context) {
  if (!at(lines, i).includes("|") || !divider.test(at(lines, i + 1)) || !at(lines, i + 1).includes("|")) {
    return undefined;
  }
  let end = i + 2;
  while (end < lines.length && at(lines, end).includes("|")) {
    end++;
  }
  const row = (line: string, cell: "th" | "td") => (
    <tr>{cells(line).map((text) => h(cell, cell === "th" ? { scope: "col" } : null, inline(text, c.link)))}</tr>
  );
  const node = (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls has to be reachable
    <div class="table-scroll" tabIndex={0}>
      <table>
        <thead>{row(at(lines, i), "th")}</thead>
        <tbody>{lines.slice(i + 2, end).map((line) => row(line, "td"))}</tbody>
      </table>
    </div>
  );
  return { node, next: end };
}

// A bar in code, or behind a backslash, divides nothing.
function cells(line: string): string[] {
  const inner = line
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  const parts = inner.match(/(?:`[^`]*`|\\.|[^|])+|(?<=\|)(?=\||$)/g) ?? [];
  return parts.map((part) => part.trim().replace(/\\\|/g, "|"));
}

function readParagraph(lines: string[], i: number, c: Context) {
  let end = i + 1;
  while (end < lines.length && at(lines, end).trim() !== "" && !begins(at(lines, end))) {
    end++;
  }
  return { node: <p>{inline(textOf(lines.slice(i, end)), c.link)}</p>, next: end };
}

// Whether a line begins a block of its own, so that a paragraph ends before it.
function begins(line: string): boolean {
  return [fence, heading, rule, quote, item].some((kind) => kind.test(line));
}

function at(lines: string[], i: number): string {
  return lines[i] ?? "";
}
