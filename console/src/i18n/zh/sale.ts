import type { Same } from "..";
import type en from "../en/sale";

export default {
  title: "单场销售",
} satisfies Same<typeof en>;
