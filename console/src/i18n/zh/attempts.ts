import type { Same } from "..";
import type en from "../en/attempts";

export default {
  title: "请求与订单",
} satisfies Same<typeof en>;
