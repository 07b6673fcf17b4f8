import { computed, effect, signal } from "@preact/signals";
import { keep, kept } from "../lib/storage";
import en from "./en";
import zh from "./zh";

/** Lang is a language of the console. */
export type Lang = "en" | "zh";

/** Texts are the texts of a language, by section: English has the keys, and every other has the same. */
export type Texts = typeof en;

/**
 * Same is what a translation of T has to be: the same keys, texts for texts, functions of the same
 * arguments for functions.
 */
export type Same<T> = {
  readonly [K in keyof T]: T[K] extends string
    ? string
    : T[K] extends (...values: infer A) => string
      ? (...values: A) => string
      : Same<T[K]>;
};

const all: Record<Lang, Same<Texts>> = { en, zh };

/** languages are the languages, each with its own name. */
export const languages: readonly { lang: Lang; name: string }[] = [
  { lang: "en", name: "English" },
  { lang: "zh", name: "中文" },
];

/** lang is the language of the page: what was chosen, else what the browser prefers. */
export const lang = signal<Lang>(firstLang(kept("lang"), navigator.languages));

/** locale is what Intl formats by. */
export const locale = computed(() => (lang.value === "zh" ? "zh-CN" : "en-GB"));

const texts = computed(() => all[lang.value]);

/** t returns the texts of the present language; a component that calls it follows a change of language. */
export function t(): Same<Texts> {
  return texts.value;
}

/** setLang changes the language, and remembers it. */
export function setLang(chosen: Lang): void {
  lang.value = chosen;
  keep("lang", chosen);
}

/** firstLang returns the first language that there is. */
export function firstLang(chosen: string | undefined, preferred: readonly string[]): Lang {
  for (const tag of [chosen ?? "", ...preferred]) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "en" || primary === "zh") return primary;
  }
  return "en";
}

effect(() => {
  document.documentElement.lang = lang.value === "zh" ? "zh-Hans" : "en";
});
