import type { Same } from "..";
import type en from "../en/books";

export default {
  title: "账目",
} satisfies Same<typeof en>;
