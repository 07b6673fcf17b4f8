import type { Same } from "..";
import type en from "../en/audit";

export default {
  title: "审计",
} satisfies Same<typeof en>;
