import type { Same } from "..";
import type en from "../en/preflight";

export default {
  title: "开售检查",
} satisfies Same<typeof en>;
