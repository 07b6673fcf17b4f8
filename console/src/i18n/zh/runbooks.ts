import type { Same } from "..";
import type en from "../en/runbooks";

export default {
  title: "应急手册",
} satisfies Same<typeof en>;
