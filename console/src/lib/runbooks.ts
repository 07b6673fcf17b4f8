import { lang } from "../i18n";
import { api } from "./api";
import { useResource } from "./resource";

/** Titles gives the title of a runbook by its name. */
export type Titles = (name: string) => string;

/** useRunbookTitles gives the titles of the runbooks by name; until they are there, a name is its own title. */
export function useRunbookTitles(): Titles {
  const chosen = lang.value;
  const { data } = useResource(`runbooks/${chosen}`, (signal) => api.runbooks(chosen, signal));
  return (name) => data?.items.find((item) => item.name === name)?.title ?? name;
}
