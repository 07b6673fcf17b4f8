import type { Same } from "..";
import type en from "../en/sales";

export default {
  title: "销售",
} satisfies Same<typeof en>;
