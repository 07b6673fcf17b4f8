import type { Same } from "..";
import type en from "../en/runbooks";

export default {
  title: "处置手册",
  lead: "如何处理：每条告警、每项开售前检查各有一篇。",
  search: "搜索",
  kinds: { alert: "告警", check: "开售前检查" },
  noMatch: "没有符合条件的处置手册",
  missing: (name) => `没有名为 ${name} 的处置手册`,
  missingText: "它可能属于服务的另一个版本。",
  absent: "此服务没有处置手册",
  absentText: "新版本的服务自带处置手册。文档的 docs/zh/runbooks 目录中也有。",
  all: "全部处置手册",
} satisfies Same<typeof en>;
