import type { Same } from "..";
import type en from "../en/letters";

export default {
  title: "死信",
} satisfies Same<typeof en>;
