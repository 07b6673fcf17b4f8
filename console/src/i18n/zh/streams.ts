import type { Same } from "..";
import type en from "../en/streams";

export default {
  title: "流",
} satisfies Same<typeof en>;
