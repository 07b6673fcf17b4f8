import type { Same } from "..";
import type en from "../en/product";

export default {
  title: "商品",
} satisfies Same<typeof en>;
